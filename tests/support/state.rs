//! A state of the world: a map from keys to rows for each table, and scans of all of it.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::datum::{Datum, Values};
use crate::operations::Choice;
use crate::specification::{Column, Domain, Reference, TABLES, Table};

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its values.
    pub values: Values,
    /// Which life of its key it is: another one after a delete and insert, or a rekey.
    pub life: u64,
}

/// The rows of a table.
pub type Rows = BTreeMap<Datum, Rc<Row>>;

/// All rows of all tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    tables: [Rows; TABLES.len()],
}

impl State {
    /// The rows of a table.
    #[must_use]
    pub fn rows(&self, table: Table) -> &Rows {
        &self.tables[table.place()]
    }

    /// A row.
    #[must_use]
    pub fn row(&self, table: Table, key: &Datum) -> Option<&Rc<Row>> {
        self.rows(table).get(key)
    }

    /// The values of a row.
    #[must_use]
    pub fn values(&self, table: Table, key: &Datum) -> Option<&Values> {
        self.row(table, key).map(|row| &row.values)
    }

    pub(crate) fn put(&mut self, table: Table, values: Values, life: u64) {
        let key = table.key_of(&values);
        self.tables[table.place()].insert(key, Rc::new(Row { values, life }));
    }

    pub(crate) fn remove(&mut self, table: Table, key: &Datum) -> Option<Rc<Row>> {
        self.tables[table.place()].remove(key)
    }

    /// The rows that refer to a row, by each foreign key.
    pub fn referring<'a>(
        &'a self,
        target: Table,
        key: &'a Datum,
    ) -> impl Iterator<Item = (Table, &'a Datum, &'static Reference)> + 'a {
        TABLES.into_iter().flat_map(move |table| {
            let references = table.specification().references.iter();
            references.filter(move |reference| reference.target == target).flat_map(
                move |reference| {
                    let refers = move |row: &Row| row.values[reference.column] == *key;
                    let rows = self.rows(table).iter().filter(move |(_, row)| refers(row));
                    rows.map(move |(key, _)| (table, key, reference))
                },
            )
        })
    }

    // ---- choices

    /// The key of a row that exists, or seldom of one that perhaps does not.
    #[must_use]
    pub fn choose_key(&self, table: Table, choice: Choice) -> Datum {
        let rows = self.rows(table);
        if choice < 236
            && let Some(key) = rows.keys().nth(usize::from(choice) % rows.len().max(1))
        {
            return key.clone();
        }
        let columns = table.specification().key;
        let values = columns.iter().enumerate().map(|(place, column)| {
            let choice = choice.wrapping_mul(7).wrapping_add(place as u8 * 3);
            self.choose(&table.specification().columns[*column], choice)
        });
        match values.collect::<Vec<_>>() {
            values if values.len() == 1 => values[0].clone(),
            values => Datum::List(values),
        }
    }

    /// A row of a table.
    #[must_use]
    pub fn choose_row(&self, table: Table, choices: &[Choice]) -> Values {
        let columns = table.specification().columns.iter();
        let choices = choices.iter().chain(std::iter::repeat(&0));
        columns.zip(choices).map(|(column, choice)| self.choose(column, *choice)).collect()
    }

    /// A value of a column.
    #[must_use]
    pub fn choose(&self, column: &Column, choice: Choice) -> Datum {
        let place = usize::from(choice);
        match column.domain {
            Domain::Ints(ints) => Datum::Int(ints[place % ints.len()]),
            Domain::UpTo(most) => Datum::Int(i64::from(choice) % (most + 1)),
            Domain::Texts(texts) => Datum::Text(texts[place % texts.len()].to_owned()),
            Domain::Names => name(choice),
            Domain::MaybeNames => maybe(choice, name),
            Domain::MaybeInts(ints) => {
                maybe(choice, |choice| Datum::Int(ints[usize::from(choice) % ints.len()]))
            }
            Domain::Amounts(amounts) => {
                let (mantissa, scale) = amounts[place % amounts.len()];
                Datum::Amount(mantissa, scale)
            }
            Domain::Number => match choice {
                255 => Datum::Int((1 << 48) + 1),
                // The last that there is: the engine has none to give after it.
                254 => Datum::Int(1 << 48),
                _ => Datum::Int(i64::from(choice % 60) + 1),
            },
            Domain::Uuids => Datum::Uuid(u128::from(choice % 12) + 1),
            Domain::Of(table) => self.choose_key(table, choice),
            Domain::MaybeOf(table) => maybe(choice, |choice| self.choose_key(table, choice)),
        }
    }
}

/// Null for one choice in three.
fn maybe(choice: Choice, value: impl FnOnce(Choice) -> Datum) -> Datum {
    if choice.is_multiple_of(3) { Datum::Null } else { value(choice) }
}

fn name(choice: Choice) -> Datum {
    match choice {
        250.. => Datum::Text("much too long".to_owned()),
        _ => Datum::Text(format!("n{}", choice % 64)),
    }
}
