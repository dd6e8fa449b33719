//! Statements: on both sides, and the answers compared.

use bondstone::prelude::*;

use super::transaction::{Report, named, report_of};
use super::{Deeds, Run};
use crate::counters::{Event, Statement};
use crate::datum::{Datum, Values};
use crate::fixture::Fixture;
use crate::operations::{Edits, Write};
use crate::oracle::{Plan, Refused};
use crate::refusal::{Observed, Refusal, Rule};
use crate::specification::{Action, TABLES, Table};
use crate::state::State;
use crate::ways::{Change, UNIQUES};
use crate::with_model;

/// What an accepted statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Nothing,
    Keys(Vec<Datum>),
    Row(Values),
    Upserted(bool, Datum),
    Deleted(Values, Option<Report>),
}

impl Run {
    pub(super) fn statement(&mut self, tx: &mut Tx, write: &Write) -> Result<(), String> {
        let before = self.oracle.state.clone();
        let (statement, expected, found) = match write {
            Write::Insert(table, choices) => {
                let (expected, found) = self.insert(tx, *table, choices, None);
                (Statement::Insert, expected, found)
            }
            Write::InsertWith(table, choices, edits) => {
                let (expected, found) = self.insert(tx, *table, choices, Some(edits));
                (Statement::InsertWith, expected, found)
            }
            Write::InsertWhole(table, choices) => {
                let values = before.choose_row(*table, choices);
                let found = with_model!(*table, M => {
                    tx.insert(M::of(&values)).map(|id| M::key_of(&id))
                });
                let expected = self.oracle.insert(*table, values);
                (Statement::InsertWhole, expected.map(one), found.map(one))
            }
            Write::InsertAll(table, rows) => {
                let (expected, found) = self.insert_all(tx, *table, rows);
                (Statement::InsertAll, expected, found)
            }
            Write::Update(table, choice, edits) => {
                let (expected, found) = self.update(tx, *table, *choice, edits);
                (Statement::Update, expected, found)
            }
            Write::TryUpdate(table, choice, edits, fails) => {
                let (expected, found) = self.try_update(tx, *table, *choice, edits, *fails);
                (Statement::TryUpdate, expected, found)
            }
            Write::Upsert(choice, choices, edits) => {
                let (expected, found) = self.upsert(tx, *choice, choices, edits);
                (Statement::Upsert, expected, found)
            }
            Write::Delete(table, choice, reported) => {
                let (expected, found) = self.delete(tx, *table, *choice, *reported);
                let kind = if *reported { Statement::DeleteReported } else { Statement::Delete };
                (kind, expected, found)
            }
            Write::Rekey(table, choice, choices) => {
                let (expected, found) = self.rekey(tx, *table, *choice, choices);
                (Statement::Rekey, expected, found)
            }
            Write::Savepoint(..) | Write::Ask(_) | Write::Snapshot(_) => return Ok(()),
        };
        let refused = self.compare(expected, found)?;
        self.counters.outcome(statement, refused);
        if refused.is_none() {
            self.note(tx, &before)?;
        }
        Ok(())
    }

    fn compare(
        &self,
        expected: Result<Answer, Refused>,
        found: Result<Answer, Error>,
    ) -> Result<Option<Rule>, String> {
        match (expected, found) {
            (Ok(expected), Ok(found)) if expected == found => Ok(None),
            (Err(refused), Err(error)) => {
                let observed = Observed::of(&error);
                if refused.iter().any(|refusal| refusal.allows(&observed)) {
                    return Ok(Some(observed.rule()));
                }
                Err(format!("refused\n  expected {refused:?}\n  found    {observed:?}\n  {error}"))
            }
            (Ok(expected), Err(error)) => {
                Err(format!("refused\n  expected {expected:?}\n  found    {error}"))
            }
            (Err(refused), Ok(found)) => {
                Err(format!("accepted\n  expected {refused:?}\n  found    {found:?}"))
            }
            (Ok(expected), Ok(found)) => {
                Err(format!("answer\n  expected {expected:?}\n  found    {found:?}"))
            }
        }
    }

    /// The columns and values that edits mean.
    fn changes(&self, table: Table, edits: &Edits) -> Vec<Change> {
        let columns = table.specification().columns;
        let change = |(column, value): &(u8, u8)| {
            let column = usize::from(*column) % columns.len();
            (column, self.oracle.state.choose(&columns[column], *value))
        };
        edits.iter().map(change).collect()
    }

    fn insert(
        &mut self,
        tx: &mut Tx,
        table: Table,
        choices: &[u8],
        edits: Option<&Edits>,
    ) -> (Result<Answer, Refused>, Result<Answer, Error>) {
        let values = self.oracle.state.choose_row(table, choices);
        let changes = edits.map(|edits| self.changes(table, edits)).unwrap_or_default();
        let found = with_model!(table, M => {
            let new = M::of(&values).fresh();
            let id = match edits {
                None => tx.insert(new),
                Some(_) => tx.insert_with(new, |row| change(row, &changes)),
            };
            id.map(|id| M::key_of(&id))
        });
        let mut values = self.oracle.complete(table, values);
        for (column, value) in changes {
            values[column] = value;
        }
        (self.oracle.insert(table, values).map(one), found.map(one))
    }

    fn insert_all(
        &mut self,
        tx: &mut Tx,
        table: Table,
        rows: &[Vec<u8>],
    ) -> (Result<Answer, Refused>, Result<Answer, Error>) {
        let rows: Vec<Values> =
            rows.iter().map(|choices| self.oracle.state.choose_row(table, choices)).collect();
        let found = with_model!(table, M => {
            let rows = rows.iter().map(|values| M::of(values).fresh());
            tx.insert_all(rows).map(|ids| ids.iter().map(M::key_of).collect())
        });
        let before = self.oracle.state.clone();
        let inserted = rows.into_iter().map(|values| {
            let values = self.oracle.complete(table, values);
            self.oracle.insert(table, values)
        });
        let expected = inserted.collect::<Result<Vec<_>, _>>();
        if expected.is_err() {
            self.oracle.state = before;
        }
        (expected.map(Answer::Keys), found.map(Answer::Keys))
    }

    fn update(
        &mut self,
        tx: &mut Tx,
        table: Table,
        choice: u8,
        edits: &Edits,
    ) -> (Result<Answer, Refused>, Result<Answer, Error>) {
        let key = self.oracle.state.choose_key(table, choice);
        let changes = self.changes(table, edits);
        let found = with_model!(table, M => {
            tx.update(M::id_of(&key), |row| change(row, &changes)).map(Fixture::values)
        });
        (self.updated(table, &key, &changes), found.map(Answer::Row))
    }

    fn try_update(
        &mut self,
        tx: &mut Tx,
        table: Table,
        choice: u8,
        edits: &Edits,
        fails: bool,
    ) -> (Result<Answer, Refused>, Result<Answer, Error>) {
        let key = self.oracle.state.choose_key(table, choice);
        let changes = self.changes(table, edits);
        let found = with_model!(table, M => {
            let updated = tx.try_update(M::id_of(&key), |row| {
                change(row, &changes);
                if fails { Err("not today".into()) } else { Ok(()) }
            });
            updated.map(Fixture::values)
        });
        let expected = match self.oracle.state.row(table, &key) {
            Some(_) if fails => Err(vec![Refusal::user()]),
            _ => self.updated(table, &key, &changes),
        };
        (expected, found.map(Answer::Row))
    }

    fn updated(
        &mut self,
        table: Table,
        key: &Datum,
        changes: &[Change],
    ) -> Result<Answer, Refused> {
        let changed = self.oracle.update(table, key, changes)?;
        self.counters.event_if(Event::NothingChanged, !changed);
        Ok(Answer::Row(self.oracle.state.values(table, key).cloned().unwrap_or_default()))
    }

    fn upsert(
        &mut self,
        tx: &mut Tx,
        choice: u8,
        choices: &[u8],
        edits: &Edits,
    ) -> (Result<Answer, Refused>, Result<Answer, Error>) {
        let unique = &UNIQUES[usize::from(choice) % UNIQUES.len()];
        let table = unique.table;
        let values = self.oracle.state.choose_row(table, choices);
        let changes = self.changes(table, edits);
        let found = (unique.upsert)(tx, &values, &changes);
        let values = self.oracle.complete(table, values);
        let expected = match self.oracle.find(table, unique.place, &values) {
            Some(key) => {
                let updated = self.oracle.update(table, &key, &changes);
                self.counters.event_if(Event::UpsertFound, updated.is_ok());
                updated.map(|_| Answer::Upserted(false, key))
            }
            None => self.oracle.insert(table, values).map(|key| Answer::Upserted(true, key)),
        };
        (expected, found.map(|(inserted, key)| Answer::Upserted(inserted, key)))
    }

    fn delete(
        &mut self,
        tx: &mut Tx,
        table: Table,
        choice: u8,
        reported: bool,
    ) -> (Result<Answer, Refused>, Result<Answer, Error>) {
        let key = self.oracle.state.choose_key(table, choice);
        let values = self.oracle.state.values(table, &key).cloned().unwrap_or_default();
        let plan = Plan::of(&self.oracle.state, table, &key);
        let found = with_model!(table, M => {
            if reported {
                let deleted = tx.delete_reported(M::id_of(&key));
                deleted.map(|(row, done)| {
                    Answer::Deleted(row.values(), Some(report_of(&done, &plan)))
                })
            } else {
                tx.delete(M::id_of(&key)).map(|row| Answer::Deleted(row.values(), None))
            }
        });
        let expected = self.oracle.delete(table, &key).map(|plan| {
            self.counters.event_if(Event::CascadeDeep, plan.depth >= 3);
            self.counters.event_if(Event::CascadeCircular, plan.circular);
            self.counters.event_if(Event::CascadeDiamond, plan.diamond);
            for (_, _, reference) in &plan.unlinks {
                let null = reference.on_delete == Action::SetNull;
                self.counters.event(if null { Event::SetNull } else { Event::SetDefault });
            }
            Answer::Deleted(values, reported.then(|| named(&plan)))
        });
        (expected, found)
    }

    fn rekey(
        &mut self,
        tx: &mut Tx,
        table: Table,
        choice: u8,
        choices: &[u8],
    ) -> (Result<Answer, Refused>, Result<Answer, Error>) {
        let key = self.oracle.state.choose_key(table, choice);
        let new = table.key_of(&self.oracle.state.choose_row(table, choices));
        let found = with_model!(table, M => tx.rekey(M::id_of(&key), M::id_of(&new)));
        let expected = self.oracle.rekey(table, &key, &new).map(|done| {
            self.counters.event_if(Event::RekeyDeep, done.moved > 1);
            self.counters.event_if(Event::RekeyBothHalves, done.both_halves);
            Answer::Nothing
        });
        (expected, found.map(|()| Answer::Nothing))
    }
}

fn one(key: Datum) -> Answer {
    Answer::Keys(vec![key])
}

fn change<M: Fixture>(row: &mut M, changes: &[Change]) {
    for (column, value) in changes {
        row.set(*column, value);
    }
}

// ---- what it meant, for the counters

impl Run {
    /// Notes what an accepted statement did, and remembers the handles of new rows.
    fn note(&mut self, tx: &Tx, before: &State) -> Result<(), String> {
        for table in TABLES {
            let after = self.oracle.state.rows(table).clone();
            for (key, row) in &after {
                let old = before.row(table, key);
                if old.is_some_and(|old| old == row) {
                    continue;
                }
                if old.is_none_or(|old| old.life != row.life) {
                    self.note_birth(tx, (table, key), row.life)?;
                } else {
                    self.note_change(table, key);
                }
            }
            for key in before.rows(table).keys().filter(|key| !after.contains_key(key)) {
                let deeds = self.deeds.entry((table, key.clone())).or_default();
                self.counters.event_if(Event::ShortLife, deeds.inserted && !deeds.deleted);
                *deeds = Deeds { deleted: true, ..*deeds };
            }
        }
        self.note_sizes();
        Ok(())
    }

    fn note_birth(&mut self, tx: &Tx, row: (Table, &Datum), life: u64) -> Result<(), String> {
        let (table, key) = row;
        let deeds = self.deeds.entry((table, key.clone())).or_default();
        self.counters.event_if(Event::SwiftReturn, deeds.deleted);
        deeds.inserted = true;
        let reborn = self.snapshots.iter().any(|held| held.state.row(table, key).is_some());
        self.counters.event_if(Event::KeyReborn, reborn);
        let far = matches!(key, Datum::Int(number) if *number > 32);
        self.counters.event_if(Event::FarKey, far);
        self.known.remember(tx, row, life, &mut self.counters)
    }

    fn note_change(&mut self, table: Table, key: &Datum) {
        let deeds = self.deeds.entry((table, key.clone())).or_default();
        self.counters.event_if(Event::UpdatedTwice, deeds.updated);
        deeds.updated = true;
        let revived = self.revives(table, key);
        self.counters.event_if(Event::EntryRevived, revived);
    }

    /// Is an indexed value of a row one that a snapshot sees in it, with another one in between?
    fn revives(&self, table: Table, key: &Datum) -> bool {
        let Some(row) = self.oracle.state.row(table, key) else { return false };
        let specification = table.specification();
        let uniques = specification.uniques.iter().flat_map(|(_, columns)| columns.iter());
        let columns: Vec<usize> = uniques.chain(specification.indexed).copied().collect();
        let states: Vec<_> = self
            .snapshots
            .iter()
            .filter_map(|held| held.state.row(table, key))
            .filter(|old| old.life == row.life)
            .collect();
        let now = &row.values;
        columns.iter().any(|column| {
            states.iter().enumerate().any(|(place, old)| {
                let between = &states[place + 1..];
                old.values[*column] == now[*column]
                    && between.iter().any(|other| other.values[*column] != now[*column])
            })
        })
    }

    /// Counts what is taken back on the way to `before`.
    pub(super) fn count_undone(&mut self, before: &State) {
        let deeds: Vec<_> = self.deeds.keys().cloned().collect();
        for (table, key) in deeds {
            let (old, new) = (before.row(table, &key), self.oracle.state.row(table, &key));
            if old == new {
                continue;
            }
            let revived = old.is_some() && self.revives(table, &key);
            self.counters.event_if(Event::RevivalUndone, revived);
            let held = self.snapshots.iter().any(|held| held.state.row(table, &key).is_some());
            let reborn = old.is_none() && new.is_some() && held;
            self.counters.event_if(Event::RebirthUndone, reborn);
        }
    }

    /// Boundaries of the shrunk structures that the tables have passed.
    fn note_sizes(&mut self) {
        let state = &self.oracle.state;
        let people = state.rows(Table::People);
        self.counters.event_if(Event::LeafSplit, people.len() > 8);
        self.counters.event_if(Event::InnerSplit, people.len() > 28);
        self.counters.event_if(Event::HashGrown, people.len() > 20);
        let most = |table: Table, column: usize| {
            let mut counts = std::collections::BTreeMap::new();
            for row in state.rows(table).values() {
                *counts.entry(&row.values[column]).or_insert(0) += 1;
            }
            let value = counts.iter().filter(|(value, _)| !value.is_null());
            value.map(|(_, count)| *count).max().unwrap_or(0)
        };
        self.counters.event_if(Event::BucketTree, most(Table::People, 5) > 4);
        self.counters.event_if(Event::ChildrenTree, most(Table::People, 9) > 4);
        let nulls = people.values().filter(|row| row.values[2].is_null()).count();
        self.counters.event_if(Event::NullsDistinct, nulls > 1);
        let unlinked = state.rows(Table::Accounts).values().any(|row| row.values[3].is_null());
        self.counters.event_if(Event::LinkToNowhere, unlinked);
        let itself = people.iter().any(|(key, row)| row.values[9] == *key);
        self.counters.event_if(Event::SelfReference, itself);
    }
}
