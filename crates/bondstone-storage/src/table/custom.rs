//! Entering keys that the user's code compares.
//!
//! After the first store into a shared structure nothing of the user's may run, since it could panic half-way. But to find a
//! key's place among keys with an `Ord` of their own, that `Ord` must run. So these entries are made first, before the row:
//! until it is there they are hints that lead nowhere, and if one of them panics the ones before are taken back.
//!
//! A row that exists already is disturbed beforehand, so that readers do not believe the hint of a key it does not have yet.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use smallvec::SmallVec;

use super::Table;
use super::prepare::{Entry, Prepared};
use crate::guarded::guarded;
use crate::reclaim::Unlinking;
use crate::writer::Writer;

impl Table {
    /// Makes the prepared entries whose keys the user's code compares. If that code panics, so does this, with nothing left
    /// behind.
    pub(crate) fn enter_custom(
        &self,
        writer: &mut Writer,
        prepared: &mut Prepared,
        mut unlinking: Unlinking<'_>,
    ) {
        if self.custom.is_empty() {
            return;
        }
        let slot = prepared.slot;
        let exists = self.arena.is_occupied(writer, slot);
        if exists {
            self.arena.disturb(writer, slot);
        }
        let mut made: SmallVec<[usize; 4]> = SmallVec::new();
        let entered = catch_unwind(AssertUnwindSafe(|| {
            for place in &self.custom {
                if self.indexes[*place].insert(writer, &prepared.entries[*place], slot) {
                    made.push(*place);
                }
            }
        }));
        let Err(panic) = entered else {
            self.custom.iter().for_each(|place| discard(&mut prepared.entries[*place]));
            return;
        };
        let mut stays = false;
        for place in made {
            let removed = guarded(|| {
                self.indexes[place].remove(writer, &prepared.entries[place], slot);
            });
            if removed.is_none() {
                stays = true;
                unlinking.quarantine(self.number, slot);
            }
        }
        if exists {
            unlinking.rolled_back(writer, self.number, slot);
        } else if stays {
            // Another row must not get a slot that an entry leads to.
            self.arena.abandon(writer, slot);
        }
        resume_unwind(panic)
    }
}

/// Empties an entry that was made. Its key goes, and a panic of the key's `Drop` ends here, as in the reclaim: the row is being
/// written.
fn discard(entry: &mut Entry) {
    let made = std::mem::replace(entry, Entry::None);
    let _ = guarded(|| drop(made));
}
