//! The groups of parents: an array from the parent's number to the place of its group.
//!
//! Numbers that the engine assigns are dense, but a query may come upon few rows of few parents, and a number that was given by
//! hand may be enormous. So the array grows with the rows that it did not serve: it is never longer than some multiple of
//! their number, and whoever is beyond it does without.

/// So many numbers for each row that it did not serve.
const FACTOR: u64 = 8;
/// The first length.
const FIRST: u64 = 1024;

/// Places of groups, by the number of the parent.
#[derive(Default)]
pub(super) struct Memo {
    /// The place of the group plus one; 0 for none.
    groups: Vec<u32>,
    /// So many rows had a parent beyond.
    beyond: u64,
}

impl Memo {
    /// The group of a parent, if it is remembered.
    #[inline(always)]
    pub(super) fn group(&self, parent: u64) -> Option<usize> {
        let group = *self.groups.get(usize::try_from(parent).ok()?)?;
        Some(group.checked_sub(1)? as usize)
    }

    /// Remembers the group of a parent, if its number is not too large.
    pub(super) fn remember(&mut self, parent: u64, group: usize) {
        if parent >= self.groups.len() as u64 {
            self.beyond += 1;
            let most = FIRST.max(FACTOR * self.beyond);
            if parent >= most {
                return;
            }
            self.groups.resize(most as usize, 0);
        }
        // A table has fewer than 2^32 rows, so there are no more groups.
        self.groups[parent as usize] = group as u32 + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::Memo;

    #[test]
    fn what_was_remembered_is_there() {
        let mut memo = Memo::default();
        for parent in 1..5000 {
            assert_eq!(memo.group(parent), None);
            memo.remember(parent, parent as usize % 7);
        }
        let remembered = |parent: &u64| memo.group(*parent).is_some();
        assert!((1..1024).all(|parent| remembered(&parent)));
        assert!((1..5000).filter(remembered).all(|it| memo.group(it) == Some(it as usize % 7)));
    }

    #[test]
    fn large_numbers_cost_nothing() {
        let mut memo = Memo::default();
        for parent in [u64::MAX, 1 << 48, 1 << 32, 1 << 20] {
            memo.remember(parent, 1);
            assert_eq!(memo.group(parent), None);
        }
        assert!(memo.groups.is_empty());
    }

    #[test]
    fn it_grows_with_the_rows_that_it_did_not_serve() {
        let mut memo = Memo::default();
        (0..10_000).for_each(|_| memo.remember(70_000, 3));
        assert_eq!(memo.group(70_000), Some(3));
        assert!(memo.groups.len() <= 8 * 10_000);
    }
}
