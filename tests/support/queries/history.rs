//! What happens before a query: rows come, change, go and come back, so that indexes have entries of several versions.

use bondstone::prelude::*;

use super::cell::{Cell, Kind};
use super::naive::{Naive, choose};
use super::question::{Choice, Row};
use super::schema::{Column, Table};
use super::typed::{Asked, with_model};
use crate::dice::Dice;

/// A step.
#[derive(Clone, Debug)]
pub enum Step {
    /// Gives so many rows values of this chance.
    Fill(Table, u8, u8),
    /// Gives a row these values, whether it is there or not.
    Put(Table, Vec<Choice>),
    /// Changes a column of a row.
    Set(Table, Choice, Choice, Choice),
    /// Deletes a row.
    Delete(Table, Choice),
    /// Gives a row another key.
    Rekey(Table, Choice, Choice),
    /// Ends the transaction; it counts or not.
    End(bool),
    /// Takes a snapshot.
    Snapshot,
}

/// Which state is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// The transaction that is open.
    Transaction,
    /// A snapshot, the newest first.
    Snapshot(Choice),
}

/// A state with several snapshots and an open transaction.
pub struct Stage {
    tx: Option<Tx>,
    snapshots: Vec<Snapshot>,
    db: Database,
}

impl Stage {
    /// Plays a history. What is refused is not done.
    ///
    /// # Panics
    /// The models do not fit together.
    #[must_use]
    pub fn after(history: &[Step]) -> Self {
        let db = Database::builder().models::<super::models::Person>().in_memory();
        let db = db.expect("the models fit together");
        let mut stage = Self { tx: None, snapshots: Vec::new(), db };
        for step in history {
            stage.step(step);
        }
        stage.snapshots.push(stage.db.read());
        stage
    }

    /// The database.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.db
    }

    fn tx(&mut self) -> &mut Tx {
        let db = &self.db;
        self.tx.get_or_insert_with(|| db.begin().expect("no transaction is open"))
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Fill(table, count, seed) => {
                let mut dice = Dice(u64::from(*seed));
                for _ in 0..*count {
                    let columns = table.specification().columns.len();
                    let row: Vec<_> = (0..columns).map(|_| dice.roll(256) as u8).collect();
                    with_model!(table, M => put::<M>(self.tx(), &row));
                }
            }
            Step::Put(table, row) => with_model!(table, M => put::<M>(self.tx(), row)),
            Step::Set(table, row, column, value) => {
                with_model!(table, M => set::<M>(self.tx(), *row, *column, *value));
            }
            Step::Delete(table, row) => with_model!(table, M => delete::<M>(self.tx(), *row)),
            Step::Rekey(table, row, key) => {
                with_model!(table, M => rekey::<M>(self.tx(), *row, *key));
            }
            Step::End(counts) => match self.tx.take() {
                Some(tx) if *counts => drop(tx.commit().expect("in memory")),
                Some(tx) => tx.rollback(),
                None => {}
            },
            Step::Snapshot => self.snapshots.push(self.db.read()),
        }
    }

    /// The view that is asked; an open transaction is one that was not ended.
    #[must_use]
    pub fn view(&self, sight: Sight) -> &View {
        match (sight, &self.tx) {
            (Sight::Transaction, Some(tx)) => tx,
            (Sight::Transaction, None) => self.snapshot(0),
            (Sight::Snapshot(choice), _) => self.snapshot(choice),
        }
    }

    fn snapshot(&self, choice: Choice) -> &View {
        let place = usize::from(choice) % self.snapshots.len();
        &self.snapshots[self.snapshots.len() - 1 - place]
    }

    /// All rows of a state, as plain data.
    #[must_use]
    pub fn rows(&self, sight: Sight) -> Naive {
        let mut naive = Naive::default();
        for table in Table::ALL {
            *naive.rows_mut(table) = with_model!(table, M => rows::<M>(self.view(sight)));
        }
        naive
    }
}

fn rows<M: Asked>(view: &View) -> Vec<Row> {
    view.iter::<M>().map(M::cells).collect()
}

/// The value that a choice means for a column. What refers to a row refers to one that is there.
fn value(column: &Column, choice: Choice, view: &View) -> Cell {
    if column.nullable && choice % 4 == 3 {
        return Cell::Null;
    }
    let Kind::Key(table) = column.kind else { return column.kind.value(choice / 2) };
    let rows = with_model!(table, M => rows::<M>(view));
    choose(&rows, choice).map_or(Cell::Null, |row| row[0].clone())
}

fn put<M: Asked>(tx: &mut Tx, choices: &[Choice]) {
    let specification = M::TABLE.specification();
    let is_own_key = |place| specification.key_width == 1 && place == 0;
    let cells: Vec<Cell> = specification
        .columns
        .iter()
        .zip(choices)
        .enumerate()
        .map(|(place, (column, choice))| match column.kind {
            kind if is_own_key(place) => kind.value(*choice),
            _ => value(column, *choice, tx),
        })
        .collect();
    let Some((row, id)) = M::of(&cells).zip(M::id_of(&cells)) else { return };
    // A refusal is as good as any other outcome: what counts is what is there afterwards.
    if tx.contains(id.clone()) {
        let _ = tx.update(id, |old| *old = row);
    } else {
        let _ = tx.insert(row);
    }
}

/// The row that a choice means: its key and its values.
fn row_of<M: Asked>(tx: &Tx, row: Choice) -> Option<(Id<M>, Row)> {
    let cells = choose(&rows::<M>(tx), row)?.clone();
    Some((M::id_of(&cells)?, cells))
}

fn set<M: Asked>(tx: &mut Tx, row: Choice, column: Choice, choice: Choice) {
    let Some((id, mut cells)) = row_of::<M>(tx, row) else { return };
    let (columns, key) = (M::TABLE.specification().columns, M::TABLE.specification().key_width);
    let place = key + usize::from(column) % (columns.len() - key);
    cells[place] = value(&columns[place], choice, tx);
    if let Some(new) = M::of(&cells) {
        let _ = tx.update(id, |old| *old = new);
    }
}

fn delete<M: Asked>(tx: &mut Tx, row: Choice) {
    if let Some((id, _)) = row_of::<M>(tx, row) {
        let _ = tx.delete(id);
    }
}

fn rekey<M: Asked>(tx: &mut Tx, row: Choice, key: Choice) {
    let Some((id, mut cells)) = row_of::<M>(tx, row) else { return };
    cells[0] = M::TABLE.specification().columns[0].kind.value(key);
    if let Some(new) = M::id_of(&cells) {
        let _ = tx.rekey(id, new);
    }
}
