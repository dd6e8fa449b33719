//! `#[acyclic]`: no row becomes its own ancestor.
//!
//! Asked when the row is written, inside a statement that takes it back: by then unique and foreign keys have had their
//! say, and stored parents lead from row to row, the new one's included. There was no cycle before, so one that is there now
//! goes through this row: the walk upwards ends where there is no parent, or here. Of a new row nobody is a child yet but
//! itself.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bondstone_schema::{ColumnSet, Model};
use bondstone_storage::Slot;

use super::Tx;
use crate::entity::Entity;
use crate::error::{About, Error, Result};
use crate::view::View;

/// The foreign keys by which no row may be its own ancestor.
pub(super) const fn acyclic_keys<M: Model>() -> ColumnSet {
    let keys = M::DEFINITION.foreign_keys;
    let mut found = ColumnSet::EMPTY;
    let mut place = 0;
    while place < keys.len() {
        if keys[place].acyclic {
            found.insert(keys[place].column);
        }
        place += 1;
    }
    found
}

impl Tx {
    /// Refuses a row that was written in `slot` if by one of the columns `changed` it is its own ancestor. O(depth).
    pub(super) fn refuse_cycles<M: Entity>(&self, slot: Slot, changed: ColumnSet) -> Result<()> {
        self.refuse::<M>(slot, changed, |place| {
            self.way_up::<M>(slot, place).any(|other| other == slot)
        })
    }

    /// Refuses a new row that refers to itself.
    pub(super) fn refuse_own_parent<M: Entity>(&self, slot: Slot) -> Result<()> {
        self.refuse::<M>(slot, ColumnSet::ALL, |place| {
            self.way_up::<M>(slot, place).next() == Some(slot)
        })
    }

    /// Refuses rows that were written together if by one of the columns `changed` one is its own ancestor: in the end, since
    /// on the way there may be cycles that the rows still to come undo. O(ancestors of all).
    pub(super) fn refuse_cycles_among<M: Entity>(
        &self,
        written: &[Slot],
        changed: ColumnSet,
    ) -> Result<()> {
        self.cycles_among::<M>(written, changed)
            .into_iter()
            .next()
            .map_or(Ok(()), |(_, error)| Err(error))
    }

    /// One row of each cycle among these rows and their ancestors by one of the columns `changed`, and what to say of it. O(ancestors
    /// of all).
    pub(super) fn cycles_among<M: Entity>(
        &self,
        written: &[Slot],
        changed: ColumnSet,
    ) -> Vec<(Slot, Error)> {
        let acyclic = changed.and(const { acyclic_keys::<M>() });
        let mut cycles = Vec::new();
        for (place, key) in M::DEFINITION.foreign_keys.iter().enumerate() {
            if acyclic.contains(key.column) {
                let slots = self.in_cycles::<M>(written, place).into_iter();
                cycles.extend(slots.map(|slot| (slot, self.cycle::<M>(slot, place))));
            }
        }
        cycles
    }

    fn refuse<M: Entity>(
        &self,
        slot: Slot,
        changed: ColumnSet,
        is_cycle: impl Fn(usize) -> bool,
    ) -> Result<()> {
        let acyclic = changed.and(const { acyclic_keys::<M>() });
        let mut keys = M::DEFINITION.foreign_keys.iter().enumerate();
        match keys.find(|(place, key)| acyclic.contains(key.column) && is_cycle(*place)) {
            Some((place, _)) => Err(self.cycle::<M>(slot, place)),
            None => Ok(()),
        }
    }
}

impl View {
    /// A row that is its own ancestor by a foreign key that is `#[acyclic]`, if there is any: what to say of it. O(rows); O(1) for
    /// models without such keys.
    #[cfg(feature = "persist")]
    pub(crate) fn find_cycle<M: Entity>(&self) -> Option<Error> {
        let acyclic = const { acyclic_keys::<M>() };
        let keys = M::DEFINITION.foreign_keys.iter().enumerate();
        let mut keys = keys.filter(|(_, key)| acyclic.contains(key.column));
        keys.find_map(|(place, _)| {
            let rows = self.iter::<M>();
            let slots: Vec<Slot> = rows.filter_map(|row| self.sight().slot_of(&row.id())).collect();
            Some(self.cycle::<M>(*self.in_cycles::<M>(&slots, place).first()?, place))
        })
    }

    /// One row of each cycle among these rows and their ancestors.
    fn in_cycles<M: Entity>(&self, slots: &[Slot], place: usize) -> Vec<Slot> {
        // From which row each was reached first: a walk that comes to a row of its own has gone round.
        let mut reached_from: HashMap<Slot, Slot> = HashMap::new();
        let mut found = Vec::new();
        for start in slots {
            for slot in [*start].into_iter().chain(self.way_up::<M>(*start, place)) {
                match reached_from.entry(slot) {
                    Entry::Vacant(entry) => {
                        entry.insert(*start);
                        continue;
                    }
                    Entry::Occupied(entry) if entry.get() == start => found.push(slot),
                    Entry::Occupied(_) => {}
                }
                break;
            }
        }
        found
    }

    /// The places of a row's parent, of the parent's parent, and so on; without end in a cycle.
    fn way_up<M: Entity>(&self, slot: Slot, place: usize) -> impl Iterator<Item = Slot> {
        let table = M::number().get();
        let parent = move |child: &Slot| self.sight().parent_slot(table, place, *child);
        std::iter::successors(parent(&slot), parent)
    }

    #[cold]
    fn cycle<M: Entity>(&self, slot: Slot, place: usize) -> Error {
        let Some(row) = self.sight().at_slot::<M>(slot) else {
            return Error::NotFound(M::DEFINITION.name.to_owned());
        };
        let name = |slot| self.sight().at_slot::<M>(slot).map(|row| row.id().to_string());
        let between = self.way_up::<M>(slot, place).take_while(|other| *other != slot);
        let way = [slot].into_iter().chain(between).chain([slot]);
        About::row(row).own_ancestor(place, way.filter_map(name).collect())
    }
}
