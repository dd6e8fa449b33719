//! Rows that break rules: the first of them in words, and how many there are.

/// Rows that break rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Violations {
    pub(super) lines: Vec<String>,
    pub(super) count: usize,
}

impl Violations {
    /// So many of each table are told.
    const TOLD: usize = 20;

    /// Adds those of a table: all are counted, the first are put into words.
    pub(super) fn of_table(&mut self, count: usize, words: impl Iterator<Item = String>) {
        self.lines.extend(words.take(Self::TOLD));
        self.count += count;
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// A line for each that is told, and one for the others.
    pub(super) fn into_lines(mut self) -> Vec<String> {
        if self.count > self.lines.len() {
            self.lines.push(format!("… and {} more", self.count - self.lines.len()));
        }
        self.lines
    }
}
