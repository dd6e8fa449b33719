//! The conditions that a row is below or above another one.
//!
//! What meets them is what a walk from the other row comes to, so that a plan finds these rows without a look at others.
//! Where rows are judged all the same, each asks its own ancestors.

use bondstone_schema::{Fk, Id, Model, Nullness};
use bondstone_storage::Slot;
use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{Climb, Hierarchy};
use crate::expression::{At, Parameters};
use crate::predicate::hint::Walk;
use crate::predicate::{Effort, Hint, Leaf, each};
use crate::view::View;

/// The row is below another.
pub(super) struct Under<M: Model, N> {
    pub(super) key: Fk<M, M, N>,
    pub(super) above: Id<M>,
}

impl<M: Model, N: Nullness> Leaf<M> for Under<M, N> {
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        let sight = at.view.sight();
        let Some(above) = sight.slot_of(&self.above) else { return 0 };
        let mut known = Known::of(above, Climb::of::<M>(at.view, self.key.position()));
        each(rows, among, |row| {
            let parent = self.key.get(row).and_then(|parent| sight.slot_of(parent));
            parent.is_some_and(|parent| known.leads_up(parent)) && row.id() != self.above
        })
    }

    fn effort(&self) -> Effort {
        Effort::Rows
    }

    fn hint<'a>(&'a self, _parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        Some(Hint::Walk(Box::new(self)))
    }

    fn text(&self, _parameters: &dyn Parameters) -> String {
        format!("{} under {}", self.key.name(), self.above)
    }
}

impl<M: Model, N: Nullness> Walk for &Under<M, N> {
    fn places(&self, view: &View, most: usize) -> Vec<Slot> {
        self.key.descendants(&self.above, view).slots().take(most).collect()
    }
}

/// Which rows lead up to a certain one, itself included, as far as it has been asked: so that the ancestors that rows have in
/// common are asked once.
struct Known<'v> {
    climb: Climb<'v>,
    known: HashMap<Slot, bool, RandomState>,
    /// The rows on the way upwards.
    way: Vec<Slot>,
}

impl<'v> Known<'v> {
    fn of(above: Slot, climb: Climb<'v>) -> Self {
        Self { climb, known: HashMap::from_iter([(above, true)]), way: Vec::new() }
    }

    fn leads_up(&mut self, start: Slot) -> bool {
        let mut at = Some(start);
        let leads = loop {
            let Some(slot) = at else { break false };
            // Who comes back to a row on the way is in a circle, and leads nowhere else.
            match self.known.insert(slot, false) {
                Some(known) => {
                    self.known.insert(slot, known);
                    break known;
                }
                None => self.way.push(slot),
            }
            at = self.climb.parent(slot);
        };
        for slot in self.way.drain(..).filter(|_| leads) {
            self.known.insert(slot, true);
        }
        leads
    }
}

/// The row is above another.
pub(super) struct Above<M: Model, N> {
    pub(super) key: Fk<M, M, N>,
    pub(super) below: Id<M>,
}

impl<M: Model, N: Nullness> Leaf<M> for Above<M, N> {
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        let mut above: Vec<Id<M>> = self.key.ancestors(&self.below, at.view).map(M::id).collect();
        above.sort_unstable();
        each(rows, among, |row| above.binary_search(&row.id()).is_ok())
    }

    fn effort(&self) -> Effort {
        Effort::Rows
    }

    fn hint<'a>(&'a self, _parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        Some(Hint::Walk(Box::new(self)))
    }

    fn text(&self, _parameters: &dyn Parameters) -> String {
        format!("{} above {}", self.key.name(), self.below)
    }
}

impl<M: Model, N: Nullness> Walk for &Above<M, N> {
    fn places(&self, view: &View, most: usize) -> Vec<Slot> {
        self.key.ancestors(&self.below, view).slots().take(most).collect()
    }
}
