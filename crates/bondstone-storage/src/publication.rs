//! Publication that follows the commit: what is sealed, and waits for the log.
//!
//! A store with a log does not show a commit when it ends but when it is safe. The commit is *sealed* under the writer's
//! lock: undo list drained, reclaim stamped, and the next transaction builds on it. Some other thread *publishes* it when the
//! log says so. In between the store has two states, the published one, which snapshots see, and the sealed one above it,
//! which the writer sees.
//!
//! ```text
//!   published ≤ sealed ≤ riding < the work in hand
//! ```
//!
//! What is not logged (rollbacks, tidying, commits that wrote nothing but unlinked something) has a timestamp too, and what
//! it unlinked waits for that to be published. While its base is not published it must not be either, for a timestamp shows
//! all before it: it *rides*, and goes out together with the commit below. If that is not the last one when it is published,
//! what rides goes on, and out with a later commit.
//!
//! # Invariants
//!
//! * **What is published was sealed, or is not logged, and so is all before it.** The timestamp of the work in hand is never
//!   published, whatever is asked for.
//! * **All that was done at a timestamp is done before it is published**, by the mutex: the writer seals it, or lets it ride,
//!   after the last store of the work, and whoever publishes it has seen that.
//! * **The published timestamp never decreases**, since it is compared and stored under the mutex.
//! * **Nothing is published after [`abandon`](Publication::abandon).**
//!
//! A store without a log has none of this: its commits are one store ([`Register::publish`]).

use crate::register::Register;
use crate::sync::{Mutex, canary};
use crate::writer::Timestamp;

/// What is sealed and not published yet.
pub(crate) struct Publication(Mutex<Waiting>);

struct Waiting {
    /// The last commit that was sealed, published or not.
    sealed: Timestamp,
    /// The last work that is not logged and whose base was not published when it ended.
    riding: Timestamp,
    abandoned: bool,
}

/// The log failed: the store publishes nothing any more, and nothing may be written. Snapshots go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abandoned;

impl Publication {
    /// Of a store whose newest state is `published`.
    pub(crate) fn after(published: Timestamp) -> Self {
        Self(Mutex::new(Waiting { sealed: published, riding: published, abandoned: false }))
    }

    /// A commit is complete, and is published when the log has it. For the writer.
    pub(crate) fn seal(&self, now: Timestamp) {
        self.0.lock().sealed = now;
    }

    /// Work that is not logged is complete: it is published at once, or together with what it was built on. For the writer.
    pub(crate) fn ride(&self, register: &Register, now: Timestamp) {
        let mut waiting = self.0.lock();
        if waiting.sealed > register.last() && !canary!(RidesAhead) {
            waiting.riding = now;
        } else if !waiting.abandoned {
            register.publish(now);
        }
    }

    /// Publishes what was sealed up to `version`, and what rides on it.
    pub(crate) fn publish(&self, register: &Register, version: Timestamp) -> Result<(), Abandoned> {
        let waiting = self.0.lock();
        if waiting.abandoned {
            return Err(Abandoned);
        }
        let is_last = version >= waiting.sealed;
        let version = if is_last { waiting.sealed.max(waiting.riding) } else { version };
        if version > register.last() {
            register.publish(version);
        }
        Ok(())
    }

    /// From now on nothing is published.
    pub(crate) fn abandon(&self) {
        self.0.lock().abandoned = true;
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.lock().abandoned
    }

    /// The last commit that was sealed.
    pub(crate) fn sealed(&self) -> Timestamp {
        self.0.lock().sealed
    }
}

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;
