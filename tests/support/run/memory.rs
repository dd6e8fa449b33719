//! Every handle that was ever given out, and what became of its row.

use std::collections::HashMap;

use bondstone::View;
use bondstone::prelude::*;
use slotmap::{Key, KeyData};

use crate::ask::{Asked, expect};
use crate::counters::{Counters, Event};
use crate::datum::{Datum, Values};
use crate::fixture::Fixture;
use crate::specification::Table;
use crate::state::State;
use crate::with_model;

/// The handles of a history.
#[derive(Default)]
pub(super) struct Known {
    handles: Vec<Remembered>,
    generations: HashMap<(Table, u32), u32>,
    names: u64,
}

/// A handle, and the row that it was given for.
struct Remembered {
    table: Table,
    key: Datum,
    life: u64,
    handle: u64,
}

impl Known {
    /// A new name.
    pub(super) fn name(&mut self) -> u64 {
        self.names += 1;
        self.names
    }

    /// Remembers the handle of a row that is there.
    pub(super) fn remember(
        &mut self,
        view: &View,
        (table, key): (Table, &Datum),
        life: u64,
        counters: &mut Counters,
    ) -> Result<(), String> {
        let handle = with_model!(table, M => {
            view.handle(M::id_of(key)).map(|handle| handle.data().as_ffi())
        });
        let Some(handle) = handle else {
            return Err(format!("{} has no handle", table.name_row(key)));
        };
        let (slot, generation) = (handle as u32, (handle >> 32) as u32);
        let before = self.generations.insert((table, slot), generation);
        counters.event_if(Event::SlotReused, before.is_some_and(|before| before < generation));
        self.handles.push(Remembered { table, key: key.clone(), life, handle });
        Ok(())
    }

    /// Asks for one of the handles.
    pub(super) fn ask(
        &self,
        asked: Asked<'_>,
        now: &State,
        choice: usize,
        counters: &mut Counters,
    ) -> Result<(), String> {
        let Asked { view, state } = asked;
        if self.handles.is_empty() {
            return Ok(());
        }
        let newest = self.handles.last().map_or(0, |handle| handle.life);
        let Remembered { table, key, life, handle } = &self.handles[choice % self.handles.len()];
        let found: Option<Values> = with_model!(*table, M => {
            let handle = Handle::<M>::from(KeyData::from_ffi(*handle));
            view.by_handle(handle).map(Fixture::values)
        });
        let row = state.row(*table, key);
        let what = || format!("handle of {}, life {life}", table.name_row(key));
        counters.event_if(Event::HandleEarly, found.is_none() && row.is_none() && *life == newest);
        match row {
            Some(row) if row.life == *life => {
                let gone = now.row(*table, key).is_none_or(|row| row.life != *life);
                counters.event_if(Event::HandleOld, gone);
                expect(what, &Some(row.values.clone()), &found)
            }
            // The place of a number is its own for as long as its versions last: a later life may have it again.
            Some(row) if found.is_some() => expect(what, &Some(row.values.clone()), &found),
            _ => {
                counters.event(Event::HandleStale);
                expect(what, &None, &found)
            }
        }
    }

    /// Asks for all of them.
    pub(super) fn check(
        &self,
        view: &View,
        state: &State,
        counters: &mut Counters,
    ) -> Result<(), String> {
        let asked = Asked { view, state };
        (0..self.handles.len()).try_for_each(|place| self.ask(asked, state, place, counters))
    }
}
