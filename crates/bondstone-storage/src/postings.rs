//! Posting lists: for each owner a list of slots. The children of a parent, or the rows of one key
//! of a hash index that is not unique.
//!
//! One word per owner says where the list is and how it is kept:
//!
//! | slots | kept as |
//! |---|---|
//! | 0 | null |
//! | 1 | in the word itself |
//! | to 512 | one contiguous block, doubled when full: a walk is a few neighbouring cache lines |
//! | more | a tree ordered by slot: rows in the order of addresses, removal in O(log n) |
//!
//! * **An entry is a hint**, and stands at most once in a list. Whoever walks a list beside the
//!   writer meets every entry that is there throughout exactly once: places of a block are used
//!   once, and a list that is kept anew is composed in private, swapped in by one store (Release),
//!   and the old one, no longer touched, is retired. An entry that is removed and entered again
//!   meanwhile may be met twice; it was removed because no snapshot sees it, so the row refuses
//!   both hints.
//! * Whoever calls a reading function holds a registered snapshot or is the writer: retired memory
//!   is not freed under it.
//! * **The count of a list is exact** for a snapshot that began after the list's last change: see
//!   [`tally`]. A null word counts too, as 0: an entry that a snapshot needs is not removed, so the
//!   snapshot would have met it.
//!
//! For each row that comes to an owner the engine calls [`add`](Postings::add), and takes it from the count before
//! [`remove`](Postings::remove).

mod block;
mod bulk;
mod head;
mod iter;
mod long;
mod tally;
mod totals;

pub(crate) use iter::Iter;

use crate::chunks::{Chunks, prefetch};
use crate::writer::{Timestamp, Writer};

use block::{Block, Inserted, capacity_for};
use head::{Fresh, Head, List, Single};
use long::Long;
use tally::Tally;
use totals::Totals;

/// The lists of all owners.
pub(crate) struct Postings {
    heads: Chunks<Head>,
    totals: Totals,
}

impl Postings {
    /// No lists.
    pub(crate) fn new() -> Self {
        Self { heads: Chunks::new(), totals: Totals::default() }
    }

    /// Enters `slot` in the list of `owner`. False: it was there already.
    pub(crate) fn insert(&self, writer: &mut Writer, owner: u32, slot: u32) -> bool {
        let head = self.heads.ensure(writer, owner);
        let first = head.is_empty();
        let entered = enter(head, writer, slot);
        if entered {
            self.totals.add(writer, first);
        }
        entered
    }

    /// Enters `slot` in the list of `owner`, if it is not there, and counts it.
    pub(crate) fn add(&self, writer: &mut Writer, owner: u32, slot: u32) {
        let head = self.heads.ensure(writer, owner);
        if let List::Empty = head.list() {
            // The usual first child: word and count are one store.
            head.replace(writer, Fresh::Single(Single { slot, live: true }));
            self.totals.add(writer, true);
            return;
        }
        if enter(head, writer, slot) {
            self.totals.add(writer, false);
        }
        adjust(head, writer.now(), 1);
    }

    /// Removes `slot` from the list of `owner`. False: it was not there.
    ///
    /// No snapshot may need the entry any more, and it no longer counts.
    pub(crate) fn remove(&self, writer: &mut Writer, owner: u32, slot: u32) -> bool {
        let Some(head) = self.heads.get(owner) else {
            return false;
        };
        let fresh = match head.list() {
            List::Empty => return false,
            List::Single(single) if single.slot != slot => return false,
            List::Single(_) => Some(Fresh::Empty),
            List::Block(block) => {
                if !block.remove(slot) {
                    return false;
                }
                let tally = || block.tally().carried(block.tally().entries());
                block.is_sparse().then(|| compose(tally(), block.slots()))
            }
            List::Long(long) => {
                if !long.remove(writer, slot) {
                    return false;
                }
                let tally = || long.tally().carried(long.tally().entries());
                long.is_short().then(|| compose(tally(), long.slots()))
            }
        };
        self.totals.take(writer, matches!(fresh, Some(Fresh::Empty)));
        if let Some(list) = fresh {
            head.replace(writer, list);
        }
        true
    }

    /// Changes the number of slots in the list of `owner` whose newest version belongs here: one
    /// more for an insert, one fewer for a row that is deleted or moves away, the reverse for a
    /// rollback.
    pub(crate) fn adjust(&self, writer: &mut Writer, owner: u32, delta: i32) {
        let now = writer.now();
        adjust(self.heads.ensure(writer, owner), now, delta);
    }

    /// The slots in the list of `owner`.
    #[inline]
    pub(crate) fn iter(&self, owner: u32) -> Iter<'_> {
        Iter::new(self.list(owner))
    }

    /// The number of rows that a snapshot at `at` sees in the list of `owner`, if it is known
    /// without reading rows.
    #[inline]
    pub(crate) fn count(&self, owner: u32, at: Timestamp) -> Option<u32> {
        match self.list(owner) {
            List::Empty => Some(0),
            List::Single(_) => None,
            List::Block(block) => block.tally().count(at),
            List::Long(long) => long.tally().count(at),
        }
    }

    /// The number of slots in the list of `owner`, and of those whose newest version belongs there. To anyone but the writer
    /// these are some of the last numbers.
    pub(crate) fn len(&self, owner: u32) -> (usize, usize) {
        let of = |tally: &Tally| (tally.entries() as usize, tally.live() as usize);
        match self.list(owner) {
            List::Empty => (0, 0),
            List::Single(single) => (1, single.live.into()),
            List::Block(block) => of(block.tally()),
            List::Long(long) => of(long.tally()),
        }
    }

    /// How many slots there are in all lists; as [`len`](Self::len).
    pub(crate) fn slots(&self) -> usize {
        self.totals.slots()
    }

    /// How many owners have a slot; as [`len`](Self::len).
    pub(crate) fn owners(&self) -> usize {
        self.totals.owners()
    }

    /// Whether the list of `owner` has no slot.
    #[inline]
    pub(crate) fn is_empty(&self, owner: u32) -> bool {
        self.heads.get(owner).is_none_or(Head::is_empty)
    }

    /// Asks for the first cache line of the list of `owner`.
    #[inline]
    pub(crate) fn prefetch(&self, owner: u32) {
        if let Some(head) = self.heads.get(owner) {
            prefetch(head.target());
        }
    }

    /// Asks for the word that says where the list of `owner` is.
    #[inline]
    pub(crate) fn prefetch_head(&self, owner: u32) {
        if let Some(head) = self.heads.get(owner) {
            prefetch(head);
        }
    }

    /// Gives up the list of `owner`, whose number is going to be another's. It is empty.
    pub(crate) fn clear_owner(&self, writer: &mut Writer, owner: u32) {
        debug_assert!(self.is_empty(owner));
        if let Some(head) = self.heads.get(owner) {
            head.replace(writer, Fresh::Empty);
        }
    }

    /// The bytes held by the words and the lists. Looks at each list.
    pub(crate) fn bytes(&self) -> usize {
        let lists = self.heads().map(|(_, head)| match head.list() {
            List::Empty | List::Single(_) => 0,
            List::Block(block) => block.bytes(),
            List::Long(long) => long.bytes(),
        });
        self.heads.bytes() + lists.sum::<usize>()
    }

    /// Checks that no list has a slot twice, and that the counts are right. For the writer.
    pub(crate) fn check(&self) -> Result<(), String> {
        let (mut owners, mut slots) = (0, 0);
        for (owner, head) in self.heads() {
            owners += 1;
            slots += Iter::new(head.list()).count();
            match head.list() {
                List::Empty | List::Single(_) => Ok(()),
                List::Block(block) => block.check(),
                List::Long(long) => long.check(),
            }
            .map_err(|error| format!("the list of {owner}: {error}"))?;
        }
        let counted = (self.owners(), self.slots());
        if counted != (owners, slots) {
            return Err(format!("{owners} owners have {slots} slots, {counted:?} counted"));
        }
        Ok(())
    }

    #[inline]
    fn list(&self, owner: u32) -> List<'_> {
        self.heads.get(owner).map_or(List::Empty, Head::list)
    }

    /// The words of owners that have a list.
    fn heads(&self) -> impl Iterator<Item = (u32, &Head)> {
        let chunks = self.heads.iter().flat_map(|(first, heads)| (first..).zip(heads));
        chunks.filter(|(_, head)| !head.is_empty())
    }
}

/// Enters `slot` in a list. False: it was there already.
fn enter(head: &Head, writer: &mut Writer, slot: u32) -> bool {
    debug_assert!(slot != block::DEAD);
    let list = match head.list() {
        List::Empty => Fresh::Single(Single { slot, live: false }),
        List::Single(single) if single.slot == slot => return false,
        List::Single(single) => {
            let tally = Tally::new(writer.now(), single.live.into(), 2);
            compose(tally, [single.slot, slot].into_iter())
        }
        List::Block(block) => match block.insert(slot) {
            Inserted::Entered => return true,
            Inserted::There => return false,
            Inserted::Full => {
                let tally = block.tally().carried(block.tally().entries() + 1);
                compose(tally, block.slots().chain([slot]))
            }
        },
        List::Long(long) => return long.insert(writer, slot),
    };
    head.replace(writer, list);
    true
}

/// Changes the count of a list.
fn adjust(head: &Head, now: Timestamp, delta: i32) {
    match head.list() {
        List::Empty => debug_assert!(delta == 0, "a slot counts that is not entered"),
        List::Single(single) => {
            let live = i32::from(single.live) + delta;
            debug_assert!((0..=1).contains(&live));
            head.set_single(Single { live: live > 0, ..single });
        }
        List::Block(block) => block.tally().adjust(now, delta),
        List::Long(long) => long.tally().adjust(now, delta),
    }
}

/// A new list of `slots`, as many as `tally` says.
fn compose(tally: Tally, mut slots: impl Iterator<Item = u32>) -> Fresh {
    let entries = tally.entries() as usize;
    match (entries, capacity_for(entries)) {
        (0, _) => Fresh::Empty,
        (1, _) => slots
            .next()
            .map_or(Fresh::Empty, |slot| Fresh::Single(Single { slot, live: tally.live() > 0 })),
        (_, Some(capacity)) => Fresh::Block(Block::of(tally, capacity, slots)),
        (_, None) => Fresh::Long(Long::of(tally, slots)),
    }
}

#[cfg(all(test, loom))]
mod models;
#[cfg(test)]
mod tests;
