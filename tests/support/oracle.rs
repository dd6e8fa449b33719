//! The oracle: what the engine promises, done the naive way.
//!
//! A map per table, every rule a full scan, a clone of everything for every statement. A statement is applied to a copy
//! of the state, the copy is judged, and it replaces the state if nothing is wrong. It shares no code with the engine.
//!
//! Rules of single rows are tested in the order that the engine documents, so the refusal is known exactly. What follows
//! from deletes and rekeys is judged when all of it is done; which of several broken rules is named, and by which of several
//! ways it was reached, is the engine's choice.

mod cascade;
mod rekey;

use std::collections::BTreeSet;

use crate::datum::{Datum, Values};
use crate::refusal::{Refusal, Rule};
use crate::specification::{Bound, Filled, TABLES, Table};
use crate::state::State;

pub use cascade::Plan;
pub use rekey::Rekeyed;

/// Why a statement is refused: the engine says one of these.
pub type Refused = Vec<Refusal>;

/// The largest number of a key.
const LAST_NUMBER: i64 = 1 << 48;

/// The naive database.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    /// What the open transaction sees, or the last commit.
    pub state: State,
    /// The transaction's time.
    pub now: i64,
    /// The largest number written in each table, ever.
    numbers: [i64; TABLES.len()],
    lives: u64,
    uuids: u128,
}

impl Oracle {
    /// The row as the engine completes it, without a key number being used up.
    #[must_use]
    pub fn complete(&mut self, table: Table, mut values: Values) -> Values {
        for (column, value) in table.specification().columns.iter().zip(&mut values) {
            match column.filled {
                Filled::No => {}
                Filled::Number => *value = Datum::Int(self.numbers[table.place()] + 1),
                Filled::Uuid => {
                    self.uuids += 1;
                    *value = Datum::Uuid(self.uuids << 64);
                }
                Filled::Now => *value = Datum::Int(self.now),
                Filled::Int(_) | Filled::Text(_) | Filled::Null => {
                    *value = column.default().unwrap_or(Datum::Null);
                }
            }
        }
        values
    }

    /// Inserts a complete row.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn insert(&mut self, table: Table, mut values: Values) -> Result<Datum, Refused> {
        self.judge_row(table, &mut values, None)?;
        let key = table.key_of(&values);
        self.write(table, values);
        Ok(key)
    }

    /// Puts a row that is new.
    fn write(&mut self, table: Table, values: Values) {
        let numbered = matches!(table.specification().columns[0].filled, Filled::Number);
        if let (true, Datum::Int(number)) = (numbered, &values[0]) {
            let last = &mut self.numbers[table.place()];
            *last = (*last).max(*number);
        }
        self.lives += 1;
        self.state.put(table, values, self.lives);
    }

    /// Changes some columns of a row. True if anything differs then.
    ///
    /// # Errors
    /// The row is not there, or the rule it breaks.
    pub fn update(
        &mut self,
        table: Table,
        key: &Datum,
        edits: &[(usize, Datum)],
    ) -> Result<bool, Refused> {
        let Some(before) = self.state.row(table, key).cloned() else {
            return Err(vec![Refusal::not_found(table, key)]);
        };
        let mut values = before.values.clone();
        for (column, value) in edits {
            values[*column] = value.clone();
        }
        if differing(&before.values, &values).is_empty() {
            return Ok(false);
        }
        self.touch(table, &before.values, &mut values);
        let changed = differing(&before.values, &values);
        let specification = table.specification();
        if specification.key.iter().any(|column| changed.contains(column)) {
            let refusal = Refusal::new(Rule::KeyChanged, table, specification.key_name, key);
            return Err(vec![refusal]);
        }
        for column in &changed {
            let column = &specification.columns[*column];
            if column.immutable {
                return Err(vec![Refusal::new(Rule::Immutable, table, column.name, key)]);
            }
        }
        self.judge_row(table, &mut values, Some(key))?;
        self.state.put(table, values, before.life);
        Ok(true)
    }

    /// Puts the time into columns that an update left alone.
    fn touch(&self, table: Table, before: &[Datum], values: &mut [Datum]) {
        for (place, column) in table.specification().columns.iter().enumerate() {
            if column.touched && values[place] == before[place] {
                values[place] = Datum::Int(self.now);
            }
        }
    }

    /// Judges a row that is to be inserted, or to replace the row with the key `own`. Brings amounts to scale.
    fn judge_row(
        &self,
        table: Table,
        values: &mut Values,
        own: Option<&Datum>,
    ) -> Result<(), Refused> {
        limit(table, values)?;
        match self.broken(table, values, own).into_iter().next() {
            None => Ok(()),
            Some(first) => Err(vec![first]),
        }
    }

    /// Every rule that a row breaks, in the order in which they are tested.
    fn broken(&self, table: Table, values: &[Datum], own: Option<&Datum>) -> Refused {
        let specification = table.specification();
        let key = table.key_of(values);
        let refusal = |rule, constraint| Refusal::new(rule, table, constraint, &key);
        let mut broken = Vec::new();
        for (name, met) in specification.checks {
            if !met(values) {
                broken.push(refusal(Rule::Check, name));
            }
        }
        if own.is_none() {
            let numbered = matches!(specification.columns[0].filled, Filled::Number);
            if numbered && key > Datum::Int(LAST_NUMBER) {
                broken.push(Refusal::key_range(table));
            }
            if self.state.row(table, &key).is_some() {
                broken.push(refusal(Rule::Unique, specification.key_name));
            }
        }
        for (name, columns) in specification.uniques {
            let twin =
                |(other, row): (&Datum, &Values)| Some(other) != own && agree(columns, values, row);
            if self.scan(table).any(twin) {
                broken.push(refusal(Rule::Unique, name));
            }
        }
        for reference in specification.references {
            let target = &values[reference.column];
            let itself = reference.target == table && *target == key;
            if !target.is_null() && !itself && self.state.row(reference.target, target).is_none() {
                broken.push(refusal(Rule::ForeignKey, reference.name));
            }
        }
        broken
    }

    fn scan(&self, table: Table) -> impl Iterator<Item = (&Datum, &Values)> {
        self.state.rows(table).iter().map(|(key, row)| (key, &row.values))
    }

    /// The row that has the same unique key, by place among the table's unique keys.
    #[must_use]
    pub fn find(&self, table: Table, unique: usize, values: &[Datum]) -> Option<Datum> {
        let (_, columns) = table.specification().uniques[unique];
        let found = self.scan(table).find(|(_, row)| agree(columns, values, row));
        found.map(|(key, _)| key.clone())
    }

    /// Everything that is wrong in a state which was reached by changing the rows `changed`.
    fn faults(&self, changed: &BTreeSet<(Table, Datum)>) -> Refused {
        let mut faults = Vec::new();
        for (table, key) in changed {
            let Some(row) = self.state.values(*table, key) else { continue };
            let mut others = self.clone();
            others.state.remove(*table, key);
            faults.extend(others.broken(*table, row, Some(key)));
        }
        faults
    }
}

/// Enforces the limits of single columns; brings amounts to scale.
fn limit(table: Table, values: &mut Values) -> Result<(), Refused> {
    let key = table.key_of(values);
    for (column, value) in table.specification().columns.iter().zip(values) {
        let broken = match (column.bound, &mut *value) {
            (Bound::Chars(most), Datum::Text(text)) => {
                (text.chars().count() > most).then_some(Rule::TooLong)
            }
            (Bound::Digits(all, places), Datum::Amount(mantissa, scale)) => {
                (!rescale(mantissa, scale, all, places)).then_some(Rule::Decimal)
            }
            _ => None,
        };
        if let Some(rule) = broken {
            return Err(vec![Refusal::new(rule, table, column.name, &key)]);
        }
    }
    Ok(())
}

/// Brings an amount to so many places; false if that loses something, or there are too many digits.
fn rescale(mantissa: &mut i128, scale: &mut u32, digits: u32, places: u32) -> bool {
    while *scale > places && *mantissa % 10 == 0 {
        *mantissa /= 10;
        *scale -= 1;
    }
    if *scale > places {
        return false;
    }
    *mantissa *= 10i128.pow(places - *scale);
    *scale = places;
    mantissa.abs() < 10i128.pow(digits)
}

/// The columns in which two rows differ.
fn differing(left: &[Datum], right: &[Datum]) -> Vec<usize> {
    (0..left.len()).filter(|column| !left[*column].same(&right[*column])).collect()
}

/// Do two rows agree in columns none of which is null?
fn agree(columns: &[usize], left: &[Datum], right: &[Datum]) -> bool {
    columns.iter().all(|column| !left[*column].is_null() && left[*column] == right[*column])
}
