//! A row of any table, to be inserted: values, and choices among the rows that a foreign key may refer to.

use std::fmt;
use std::sync::Arc;

use ::proptest::prelude::*;
use ::proptest::sample::Index;
use ::proptest::strategy::ValueTree;
use ::proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::value::any_value;
use crate::entity::Entity;
use crate::error::{Error, Result};
use crate::fill::Fill;
use crate::reflect::{TableSchema, ValueBuf, named};
use crate::view::View;

/// How often values are tried that a check names.
const ATTEMPTS: u8 = 64;

/// What is known of a table of which drafts are made.
#[derive(Clone, Debug, Default)]
pub(super) struct Drafter {
    table: &'static str,
    columns: Arc<[DraftedColumn]>,
}

/// A column that a new row gives.
#[derive(Debug)]
struct DraftedColumn {
    name: &'static str,
    any: BoxedStrategy<Cell>,
}

/// What a draft has for a column.
#[derive(Clone)]
enum Cell {
    Value(ValueBuf),
    /// One of the rows that this table has when the draft is inserted; the null, if there may be one and there is no row.
    OneOf {
        table: &'static str,
        nullable: bool,
        which: Index,
    },
}

/// A row to be inserted.
#[derive(Clone)]
pub(super) struct Draft {
    drafter: Drafter,
    cells: Vec<Cell>,
    /// What further attempts begin with.
    seed: [u8; 32],
}

impl Drafter {
    pub(super) fn of(table: &TableSchema) -> Self {
        let layout = (table.layout)();
        let given = table.columns.iter().zip(&layout.columns).filter(|(column, _)| column.given);
        let columns = given.map(|(column, layout)| DraftedColumn {
            name: column.name,
            any: match table.foreign_key(column.name) {
                Some(key) => any_choice(key.target, key.nullable),
                None => any_value(&layout.shape, column.limit).prop_map(Cell::Value).boxed(),
            },
        });
        Self { table: table.name, columns: columns.collect() }
    }

    pub(super) fn strategy(self) -> impl Strategy<Value = Draft> + Clone {
        let cells: Vec<_> = self.columns.iter().map(|column| column.any.clone()).collect();
        let draft = move |(cells, seed)| Draft { drafter: self.clone(), cells, seed };
        (cells, any::<[u8; 32]>().no_shrink()).prop_map(draft)
    }
}

fn any_choice(table: &'static str, nullable: bool) -> BoxedStrategy<Cell> {
    let one = any::<Index>().prop_map(move |which| Cell::OneOf { table, nullable, which });
    match nullable {
        true => prop_oneof![1 => Just(Cell::Value(ValueBuf::Null)), 2 => one].boxed(),
        false => one.boxed(),
    }
}

impl Cell {
    fn value(&self, db: &View) -> Result<ValueBuf> {
        let (table, nullable, which) = match self {
            Self::Value(value) => return Ok(value.clone()),
            Self::OneOf { table, nullable, which } => (*table, *nullable, which),
        };
        let rows = db.table(table)?;
        match rows.count() {
            0 if nullable => Ok(ValueBuf::Null),
            0 => Err(Error::user(format!("`{table}` has no row to refer to yet"))),
            count => {
                Ok(rows.rows().nth(which.index(count)).map_or(ValueBuf::Null, |row| row.key()))
            }
        }
    }
}

impl Draft {
    pub(super) const fn table(&self) -> &'static str {
        self.drafter.table
    }

    /// Names and values of the columns.
    pub(super) fn values(&self, db: &View) -> Result<Vec<(&'static str, ValueBuf)>> {
        let columns = self.drafter.columns.iter().zip(&self.cells);
        columns.map(|(column, cell)| Ok((column.name, cell.value(db)?))).collect()
    }

    /// The whole row.
    pub(super) fn complete<M: Entity>(&self, tx: &mut Fill<'_>) -> Result<M> {
        let values = self.values(tx)?;
        named::row(values, tx)
    }

    /// Tries again with other values in the columns that a check names, until it is met, or often enough.
    pub(super) fn until_met<T>(
        mut self,
        mut attempt: impl FnMut(&Self) -> Result<(T, Option<Error>)>,
    ) -> Result<T> {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &self.seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        for _ in 0..ATTEMPTS {
            match attempt(&self)? {
                (value, None) => return Ok(value),
                (_, Some(unmet)) => self.vary(&unmet, &mut runner),
            }
        }
        attempt(&self).map(|(value, _)| value)
    }

    fn vary(&mut self, unmet: &Error, runner: &mut TestRunner) {
        let named = unmet.violation().map_or(&[][..], |violation| violation.columns());
        for (column, cell) in self.drafter.columns.iter().zip(&mut self.cells) {
            if named.contains(&column.name)
                && let Ok(tree) = column.any.new_tree(runner)
            {
                *cell = tree.current();
            }
        }
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::OneOf { table, .. } => write!(f, "one of {table}"),
        }
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct(self.drafter.table);
        for (column, cell) in self.drafter.columns.iter().zip(&self.cells) {
            shown.field(column.name, cell);
        }
        shown.finish()
    }
}
