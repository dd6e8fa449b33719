//! Questions to a view, compared with the oracle's state for it.

use std::collections::BTreeMap;
use std::ops::Bound;

use bondstone::View;

use crate::datum::{Datum, Values};
use crate::fixture::Fixture;
use crate::operations::Choice;
use crate::specification::{TABLES, Table};
use crate::state::State;
use crate::ways::{ORDERED, Ordered, RELATIONS, Relation, UNIQUES, Unique, Walked, Way};
use crate::with_model;

/// What was asked, what the oracle says, and what the engine says.
pub type Mismatch = String;

/// Fails if two answers differ.
pub fn expect<T: PartialEq + std::fmt::Debug>(
    what: impl FnOnce() -> String,
    expected: &T,
    found: &T,
) -> Result<(), Mismatch> {
    if expected == found {
        return Ok(());
    }
    Err(format!("{}\n  expected {expected:?}\n  found    {found:?}", what()))
}

/// A view, and what the oracle knows of it.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The engine's.
    pub view: &'a View,
    /// The oracle's.
    pub state: &'a State,
}

impl Asked<'_> {
    /// The row of a key.
    #[allow(clippy::clone_on_copy, reason = "the keys of some models are not Copy")]
    pub fn get(self, table: Table, key: &Datum) -> Result<(), Mismatch> {
        let expected = self.state.values(table, key).cloned();
        let (found, contained) = with_model!(table, M => {
            let id = M::id_of(key);
            (self.view.get(id.clone()).map(Fixture::values), self.view.contains(id))
        });
        expect(|| format!("get {}", table.name_row(key)), &expected, &found)?;
        expect(|| format!("contains {}", table.name_row(key)), &expected.is_some(), &contained)
    }

    /// The rows of several keys.
    pub fn get_many(self, table: Table, keys: &[Datum]) -> Result<(), Mismatch> {
        let expected: Vec<_> =
            keys.iter().map(|key| self.state.values(table, key).cloned()).collect();
        let found: Vec<_> = with_model!(table, M => {
            let ids: Vec<_> = keys.iter().map(M::id_of).collect();
            let rows = self.view.get_many(&ids).into_iter();
            rows.map(|row| row.map(Fixture::values)).collect()
        });
        expect(|| format!("get_many {table:?} {keys:?}"), &expected, &found)
    }

    /// All rows, each once, and how many.
    pub fn all(self, table: Table) -> Result<(), Mismatch> {
        let (found, count): (Vec<Values>, usize) = with_model!(table, M => {
            (self.view.iter::<M>().map(Fixture::values).collect(), self.view.count::<M>())
        });
        let expected: Vec<Values> =
            self.state.rows(table).values().map(|row| row.values.clone()).collect();
        expect(|| format!("rows of {table:?}"), &sorted(expected), &sorted(found))?;
        expect(|| format!("number of {table:?}"), &self.state.rows(table).len(), &count)
    }

    /// The row with the same unique key as these values.
    pub fn find(self, unique: &Unique, values: &[Datum]) -> Result<(), Mismatch> {
        let agrees = |row: &Values| {
            unique
                .columns
                .iter()
                .all(|column| !values[*column].is_null() && row[*column].same(&values[*column]))
        };
        let mut rows = self.state.rows(unique.table).values().map(|row| &row.values);
        let expected = rows.find(|row| agrees(row)).cloned();
        let found = (unique.find)(self.view, values);
        let what = || format!("find {:?} {:?} {values:?}", unique.table, unique.columns);
        expect(what, &expected, &found)
    }

    /// The rows between two bounds, in order, and their ids.
    pub fn range(
        self,
        ordered: &Ordered,
        low: Bound<&Datum>,
        high: Bound<&Datum>,
    ) -> Result<(), Mismatch> {
        let Ordered { table, column, order, range, ids } = ordered;
        let above = |value: &Datum| match low {
            Bound::Included(low) => order(value, low).is_ge(),
            Bound::Excluded(low) => order(value, low).is_gt(),
            Bound::Unbounded => true,
        };
        let below = |value: &Datum| match high {
            Bound::Included(high) => order(value, high).is_le(),
            Bound::Excluded(high) => order(value, high).is_lt(),
            Bound::Unbounded => true,
        };
        let rows = self.state.rows(*table).values().map(|row| row.values.clone());
        let expected = rows.filter(|row| above(&row[*column]) && below(&row[*column]));
        let expected = sorted(expected.collect());
        let found = range(self.view, low, high);
        let what = || format!("range {table:?} column {column} {low:?} {high:?}");
        let in_order =
            found.windows(2).all(|two| order(&two[0][*column], &two[1][*column]).is_le());
        if !in_order {
            return Err(format!("{} is out of order: {found:?}", what()));
        }
        let keys: Vec<Datum> = found.iter().map(|row| table.key_of(row)).collect();
        expect(|| format!("ids of {}", what()), &keys, &ids(self.view, low, high))?;
        expect(what, &expected, &sorted(found))
    }

    /// The rows that a row, which may be anywhere, is related to.
    pub fn walk(self, relation: &Relation, row: &[Datum]) -> Result<(), Mismatch> {
        let expected = self.related(relation, row);
        let Walked { rows, count, empty } = (relation.walk)(self.view, row);
        let what = || format!("{:?} of {:?} {row:?}", relation.way, relation.from);
        expect(what, &(expected.len(), expected.is_empty()), &(count, empty))?;
        expect(what, &expected, &sorted(rows))
    }

    /// A relation, for all rows at once.
    pub fn join(self, relation: &Relation) -> Result<(), Mismatch> {
        let Some(pairs) = relation.pairs else { return Ok(()) };
        let rows = self.state.rows(relation.from).values();
        let expected: BTreeMap<Values, Vec<Values>> =
            rows.map(|row| (row.values.clone(), self.related(relation, &row.values))).collect();
        let found: Vec<(Values, Vec<Values>)> = pairs(self.view);
        let what = || format!("join {:?} of {:?}", relation.way, relation.from);
        expect(what, &expected.len(), &found.len())?;
        let found = found.into_iter().map(|(row, related)| (row, sorted(related))).collect();
        expect(what, &expected, &found)
    }

    /// The rows that a row is related to, by a scan.
    fn related(self, relation: &Relation, row: &[Datum]) -> Vec<Values> {
        let key = relation.from.key_of(row);
        let here = self.state.row(relation.from, &key).is_some();
        let rows = |table: Table| self.state.rows(table).values().map(|row| &row.values);
        let related: Vec<Values> = match relation.way {
            Way::Children(_) | Way::Via(..) if !here => Vec::new(),
            Way::Children(column) => {
                rows(relation.to).filter(|row| row[column] == key).cloned().collect()
            }
            Way::Parent(column) => {
                self.state.values(relation.to, &row[column]).cloned().into_iter().collect()
            }
            Way::Via(join, near, far) => rows(join)
                .filter(|link| link[near] == key)
                .filter_map(|link| self.state.values(relation.to, &link[far]).cloned())
                .collect(),
        };
        sorted(related)
    }

    /// Every row by every way.
    pub fn everything(self) -> Result<(), Mismatch> {
        for table in TABLES {
            self.all(table)?;
            for key in self.state.rows(table).keys() {
                self.get(table, key)?;
            }
        }
        for unique in &UNIQUES {
            for row in self.state.rows(unique.table).values() {
                self.find(unique, &row.values)?;
            }
        }
        for ordered in &ORDERED {
            self.range(ordered, Bound::Unbounded, Bound::Unbounded)?;
        }
        for relation in RELATIONS {
            self.join(relation)?;
            for row in self.state.rows(relation.from).values() {
                self.walk(relation, &row.values)?;
            }
        }
        Ok(())
    }

    /// All rows of all tables, but only by walking them.
    pub fn rows(self) -> Result<(), Mismatch> {
        TABLES.into_iter().try_for_each(|table| self.all(table))
    }
}

fn sorted(mut rows: Vec<Values>) -> Vec<Values> {
    rows.sort_unstable();
    rows
}

/// A bound, by a choice.
#[must_use]
pub fn bound(kind: Choice, value: &Datum) -> Bound<&Datum> {
    match kind % 3 {
        0 => Bound::Included(value),
        1 => Bound::Excluded(value),
        _ => Bound::Unbounded,
    }
}
