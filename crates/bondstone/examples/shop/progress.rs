//! A progress bar on a terminal; nothing where there is none.

use std::io::{self, IsTerminal, Write};

const WIDTH: usize = 40;

/// How far a piece of work is.
pub struct Progress {
    total: usize,
    done: usize,
    /// How many cells are drawn; `None` where nothing is to be drawn.
    drawn: Option<usize>,
}

impl Progress {
    /// A bar for `total` steps, drawn if a human looks on.
    pub fn new(total: usize) -> Self {
        let watched = io::stdout().is_terminal() && io::stderr().is_terminal();
        Self { total: total.max(1), done: 0, drawn: watched.then_some(0) }
    }

    /// Counts steps that are done.
    pub fn advance(&mut self, steps: usize) {
        self.done = (self.done + steps).min(self.total);
        let cells = self.done * WIDTH / self.total;
        if self.drawn.is_some_and(|drawn| drawn < cells) {
            self.drawn = Some(cells);
            let (full, empty) = ("█".repeat(cells), "░".repeat(WIDTH - cells));
            draw(&format!("\r  {full}{empty} {:>3} %", self.done * 100 / self.total));
        }
    }
}

impl Drop for Progress {
    /// Wipes the bar away.
    fn drop(&mut self) {
        if self.drawn.is_some() {
            draw("\r\x1b[K");
        }
    }
}

/// A bar that cannot be drawn is no reason to stop.
fn draw(text: &str) {
    let mut terminal = io::stderr();
    let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
}
