//! Reclaim: one queue, two stages.
//!
//! ```text
//! committed at D          all snapshots ≥ D           all snapshots ≥ R
//!   superseded ──────────► unlinked (at R) ──────────► freed, reused, settled
//! ```
//!
//! 1. A row that was *superseded* at D (updated, deleted, or rolled back) may be **pruned** when every active snapshot is
//!    at D or later: the versions that nobody can see any more, and their entries, are unlinked.
//! 2. What was unlinked during the work on timestamp R may be **reused or freed** when every active snapshot is at R or
//!    later: until then a reader may still be walking past it.
//!
//! At the end of each transaction, before it publishes R: scan the register, prune stamped R, free. So what is
//! pruned while working on R is unlinked before anyone can be at R. Never inside an open transaction, but for the memory of
//! indexes while nobody reads at all ([`Store::unburden`](crate::store::Store::unburden)).
//!
//! A row whose only version is left gets a third visit, in stage two: it is *settled*, its version moved inline and its
//! top bit cleared, which promises readers that no stale entry leads to it. The promise holds because the row's entries
//! were removed before the visit was queued, and every snapshot has seen that.

use std::collections::VecDeque;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use crate::arena::Remains;
use crate::guarded::guarded;
use crate::sync::canary;
use crate::table::{Table, Tables};
use crate::writer::{Timestamp, Writer};

/// What waits to be unlinked or freed.
#[derive(Default)]
pub(crate) struct Reclaim {
    superseded: VecDeque<Superseded>,
    unlinked: VecDeque<Unlinked>,
    marks: Marks,
}

/// Rows that need care.
#[derive(Default)]
struct Marks {
    /// Rows with a rolled-back version, and when: readers may hold entries that it had.
    rolled_back: HashMap<(usize, u32), Timestamp, RandomState>,
    /// Rows with entries that could not be removed, since the user's code panicked.
    quarantined: HashSet<(usize, u32), RandomState>,
}

impl Marks {
    /// Rollbacks are rare: as a rule there is nothing to hash the row for.
    fn forget_rollback(&mut self, table: usize, slot: u32) {
        if !self.rolled_back.is_empty() {
            self.rolled_back.remove(&(table, slot));
        }
    }

    /// May entries for the row be left that it does not justify, for a reader who sees what was unlinked at `queued`?
    fn forbid(&self, table: usize, slot: u32, queued: Timestamp) -> bool {
        if self.rolled_back.is_empty() && self.quarantined.is_empty() {
            return false;
        }
        let row = (table, slot);
        let rolled_back = self.rolled_back.get(&row).is_some_and(|at| *at > queued);
        rolled_back || self.quarantined.contains(&row)
    }
}

#[derive(Clone, Copy)]
struct Superseded {
    at: Timestamp,
    table: usize,
    slot: u32,
}

/// Something of a row that no new reader can reach.
#[derive(Clone, Copy)]
struct Unlinked {
    at: Timestamp,
    table: usize,
    slot: u32,
    then: Then,
    /// Its value is dropped, its place used again.
    remains: Remains,
}

/// What comes of the row itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It stays as it is.
    Stay,
    /// Its only version may move inline.
    Settle,
    /// It is over, and its slot is used again.
    Vacate,
}

/// The second half of the queue, while rows are being unlinked.
pub(crate) struct Unlinking<'a> {
    superseded: &'a mut VecDeque<Superseded>,
    unlinked: &'a mut VecDeque<Unlinked>,
    marks: &'a mut Marks,
}

impl Unlinking<'_> {
    pub(crate) fn push(
        &mut self,
        writer: &Writer,
        table: usize,
        slot: u32,
        remains: Remains,
        then: Then,
    ) {
        self.unlinked.push_back(Unlinked { at: writer.now(), table, slot, then, remains });
    }

    /// The row lost a pending version, and its entries, to a rollback.
    pub(crate) fn rolled_back(&mut self, writer: &Writer, table: usize, slot: u32) {
        self.marks.rolled_back.insert((table, slot), writer.now());
        self.superseded.push_back(Superseded { at: writer.now(), table, slot });
    }

    /// The row keeps an entry that it should not have.
    pub(crate) fn quarantine(&mut self, table: usize, slot: u32) {
        self.marks.quarantined.insert((table, slot));
    }
}

/// What is held for old snapshots, or waits for its turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Rows that were superseded and wait for snapshots to end.
    pub superseded: usize,
    /// Versions, slots and pieces of indexes that are unlinked and wait for readers to pass.
    pub unlinked: usize,
    /// About how many bytes of rows that is.
    pub bytes: usize,
}

impl Reclaim {
    pub(crate) fn unlinking(&mut self) -> Unlinking<'_> {
        Unlinking {
            superseded: &mut self.superseded,
            unlinked: &mut self.unlinked,
            marks: &mut self.marks,
        }
    }

    /// Queues a row that the work in hand superseded.
    pub(crate) fn supersede(&mut self, writer: &Writer, table: usize, slot: u32) {
        self.superseded.push_back(Superseded { at: writer.now(), table, slot });
    }

    /// Is there nothing to do?
    pub(crate) fn is_empty(&self, writer: &Writer) -> bool {
        self.superseded.is_empty() && self.unlinked.is_empty() && writer.retired() == 0
    }

    /// Does nothing wait but slots, whose relations still hold something?
    pub(crate) fn only_slots(&self) -> bool {
        let is_slot = |one: &Unlinked| one.then == Then::Vacate && one.remains == Remains::NOTHING;
        self.superseded.is_empty() && self.unlinked.iter().all(is_slot)
    }

    pub(crate) fn len(&self, writer: &Writer) -> usize {
        self.superseded.len() + self.unlinked.len() + writer.retired()
    }

    /// Does up to `limit` steps of each stage, as far as `horizon` allows. True if anything was unlinked: then the
    /// work in hand must be published, whether it changed anything else or not.
    pub(crate) fn advance(
        &mut self,
        tables: &Tables,
        writer: &mut Writer,
        horizon: Timestamp,
        limit: usize,
    ) -> bool {
        let freed = self.free(tables, writer, horizon, limit);
        let pruned = self.prune(tables, writer, horizon, limit);
        freed || pruned
    }

    fn prune(
        &mut self,
        tables: &Tables,
        writer: &mut Writer,
        horizon: Timestamp,
        limit: usize,
    ) -> bool {
        let mut pruned = false;
        for _ in 0..limit {
            let Some(row) = self.superseded.front().copied() else { break };
            if row.at > horizon {
                break;
            }
            self.superseded.pop_front();
            pruned = true;
            if let Some(table) = tables.get(row.table) {
                let mut unlinking = Unlinking {
                    superseded: &mut self.superseded,
                    unlinked: &mut self.unlinked,
                    marks: &mut self.marks,
                };
                table.prune(tables, writer, row.slot, horizon, &mut unlinking);
            }
        }
        pruned
    }

    /// Stage two. True if it unlinked something in its turn (settling leaves a copy behind).
    fn free(
        &mut self,
        tables: &Tables,
        writer: &mut Writer,
        horizon: Timestamp,
        limit: usize,
    ) -> bool {
        writer.free(horizon, limit);
        let mut unlinked_more = false;
        let limit = limit.min(self.unlinked.len());
        let horizon = if canary!(ReuseInStageOne) { Timestamp::MAX } else { horizon };
        for _ in 0..limit {
            let Some(one) = self.unlinked.front().copied() else { break };
            if one.at > horizon {
                break;
            }
            self.unlinked.pop_front();
            let Some(table) = tables.get(one.table) else { continue };
            free_remains(table, writer, one.remains);
            unlinked_more |= match one.then {
                Then::Stay => false,
                Then::Settle => self.settle(table, writer, one.at, one.slot),
                Then::Vacate => self.free_slot(tables, table, writer, one.slot),
            };
        }
        unlinked_more
    }

    fn free_slot(
        &mut self,
        tables: &Tables,
        table: &Table,
        writer: &mut Writer,
        slot: u32,
    ) -> bool {
        self.marks.forget_rollback(table.number, slot);
        if self.marks.quarantined.contains(&(table.number, slot)) {
            return false;
        }
        if table.has_children_entries(tables, slot) {
            // Children that were moved away in the same commit wait behind in the queue.
            self.unlinking().push(writer, table.number, slot, Remains::NOTHING, Then::Vacate);
            return true;
        }
        table.clear_relations(tables, writer, slot);
        table.arena.free_slot(writer, slot);
        false
    }

    fn settle(&mut self, table: &Table, writer: &mut Writer, queued: Timestamp, slot: u32) -> bool {
        if !self.may_settle(table, writer, queued, slot) {
            return false;
        }
        self.marks.forget_rollback(table.number, slot);
        let Some(moved) = table.arena.settle(writer, slot) else { return false };
        self.unlinking().push(writer, table.number, slot, moved, Then::Stay);
        true
    }

    /// Was the row left alone since the visit was queued? If not, a later visit is queued or will be.
    fn may_settle(&self, table: &Table, writer: &Writer, queued: Timestamp, slot: u32) -> bool {
        if canary!(SettledWhileStale) {
            return table.arena.versions(writer, slot).next().is_some();
        }
        let left_alone = table.arena.only_since(writer, slot).is_some_and(|since| since <= queued);
        left_alone && !self.marks.forbid(table.number, slot, queued)
    }

    /// What waits, and about how much memory it holds.
    pub(crate) fn backlog(&self, tables: &Tables, writer: &Writer) -> Backlog {
        let stride =
            |table: usize| tables.get(table).map_or(0, |table| table.arena.layout().stride());
        let superseded: usize = self.superseded.iter().map(|row| stride(row.table)).sum();
        let unlinked: usize = self.unlinked.iter().map(|one| stride(one.table)).sum();
        Backlog {
            superseded: self.superseded.len(),
            unlinked: self.unlinked.len() + writer.retired(),
            bytes: superseded + unlinked,
        }
    }

    /// Rows in quarantine: their slots are lost until the store goes.
    pub(crate) fn quarantined(&self) -> usize {
        self.marks.quarantined.len()
    }

    /// Drops the values of versions that wait to be freed, when the store goes.
    pub(crate) fn finish(&mut self, tables: &Tables, writer: &mut Writer) {
        for one in self.unlinked.drain(..) {
            if let Some(table) = tables.get(one.table) {
                free_remains(table, writer, one.remains);
            }
        }
    }
}

/// Drops a version's value and gives its place back. A panic of the user's `Drop` ends here: the value may leak, nothing
/// else suffers.
fn free_remains(table: &Table, writer: &mut Writer, remains: Remains) {
    if let Some(value) = remains.value() {
        // SAFETY: the version was unlinked, no reader is left who could see it, and it is freed once.
        let drop = || unsafe { table.kind.drop_row(value.cast_mut()) };
        // Of a value whose `Drop` panics, something may leak.
        let _ = guarded(drop);
    }
    table.arena.free_version(writer, remains);
}
