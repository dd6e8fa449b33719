//! What a feed has lost, for as long as nobody has read it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Lagged;

/// The note was read: what is lost from now on needs another. No commit has this number.
const READ: u64 = u64::MAX;

/// A note in the channel of a feed: from which commit on some were lost, and, shared with who loses them, to which.
pub(super) struct Lag {
    from: u64,
    to: Arc<AtomicU64>,
}

/// The other end of a [`Lag`].
pub(super) struct Losing(Arc<AtomicU64>);

impl Lag {
    /// One commit is lost.
    pub(super) fn of(seq: u64) -> (Self, Losing) {
        let to = Arc::new(AtomicU64::new(seq));
        (Self { from: seq, to: Arc::clone(&to) }, Losing(to))
    }

    /// What was lost. From here on the note does not grow.
    pub(super) fn read(self) -> Lagged {
        Lagged { from: self.from, to: self.to.swap(READ, Ordering::Relaxed) }
    }
}

impl Drop for Lag {
    /// A note that is thrown away was read, too: it must not go on growing where nobody sees it.
    fn drop(&mut self) {
        self.to.store(READ, Ordering::Relaxed);
    }
}

impl Losing {
    /// Another commit is lost; false if the note was read, and it is not.
    pub(super) fn lose(&self, seq: u64) -> bool {
        let grow = |to| (to != READ).then_some(seq);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grow).is_ok()
    }
}
