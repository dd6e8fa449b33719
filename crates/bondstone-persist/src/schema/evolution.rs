//! From a stored schema to the one that a program declares.
//!
//! Everything is compared by name. What has another order is the same; what has another name says what it was.

use std::fmt;

use bondstone_schema::schema::ColumnLayout;
use bondstone_schema::{Schema, Shape, TableLayout};

use super::{StoredSchema, StoredTable};
use crate::codec::restore::{From, Mapping};
use crate::codec::transcode::Transcode;

/// What changed since rows were stored, and where the values of each column are now.
#[derive(Clone, Debug)]
pub struct Evolution {
    /// For each declared table, in order.
    pub tables: Vec<TableEvolution>,
    /// What changed, tables in the order of declaration, removed ones at the end.
    pub differences: Vec<Difference>,
}

/// Where the rows of a declared table are.
#[derive(Clone, Debug)]
pub struct TableEvolution {
    /// The number of the stored table; `None`: it was added.
    pub stored: Option<usize>,
    /// Where its columns are in the stored rows.
    pub mapping: Mapping,
}

/// Something that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table, by its present name; one that was removed by its own.
    pub table: String,
    /// How.
    pub change: Change,
    /// What, for instance `column`.
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// More about it, in words; why not, if it is refused.
    pub detail: String,
}

/// How something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone: what is stored of it is passed over.
    Removed,
    /// It has another name.
    Renamed,
    /// It has another shape or says something else.
    Changed,
    /// What is stored cannot be read.
    Refused,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, change, what, name, detail } = self;
        let how = match change {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Renamed => "renamed",
            Change::Changed => "changed",
            Change::Refused => "cannot be read",
        };
        match *what {
            "table" => write!(f, "table `{name}`: {how}")?,
            _ => write!(f, "table `{table}`: {what} `{name}`: {how}")?,
        }
        if detail.is_empty() { Ok(()) } else { write!(f, ", {detail}") }
    }
}

impl Evolution {
    /// From what is stored to what is declared. O(both).
    #[must_use]
    pub fn between(stored: &StoredSchema, current: &Schema) -> Self {
        let layouts: Vec<TableLayout> =
            current.tables().iter().map(|table| (table.layout)()).collect();
        let found = find_all(&stored.tables, &layouts);
        let renamed = |name: &str| {
            let place = stored.tables.iter().position(|table| table.name == name);
            let now = found.iter().position(|found| found.is_some() && *found == place);
            now.map_or_else(|| name.to_owned(), |now| layouts[now].name.to_owned())
        };
        let (mut tables, mut differences) = (Vec::new(), Vec::new());
        for (layout, found) in layouts.iter().zip(&found) {
            let table = found.and_then(|place| stored.tables.get(place));
            let mut compare = Compare { table: layout.name, differences: &mut differences };
            let mapping = match table {
                None => {
                    compare.say(Change::Added, "table", layout.name, "");
                    Mapping::new(Vec::new(), vec![From::Nowhere; layout.columns.len()])
                }
                Some(table) => compare.table(table, layout, &renamed),
            };
            tables.push(TableEvolution { stored: *found, mapping });
        }
        for (place, table) in stored.tables.iter().enumerate() {
            if !found.contains(&Some(place)) {
                let mut compare = Compare { table: &table.name, differences: &mut differences };
                compare.say(Change::Removed, "table", &table.name, "its rows are passed over");
            }
        }
        Self { tables, differences }
    }

    /// What is carried over.
    pub fn accepted(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.change != Change::Refused)
    }

    /// What cannot be read: where there is any of it, no row is.
    pub fn refusals(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.change == Change::Refused)
    }
}

/// The stored table of each name, or else of one of its names before, which nobody else has or had.
fn find_all(tables: &[StoredTable], layouts: &[TableLayout]) -> Vec<Option<usize>> {
    let named = |name: &str| tables.iter().position(|table| table.name == name);
    let mut found: Vec<Option<usize>> = layouts.iter().map(|layout| named(layout.name)).collect();
    for (place, layout) in layouts.iter().enumerate() {
        if found[place].is_none() {
            let is_free = |table: &usize| !found.contains(&Some(*table));
            found[place] = layout.was.iter().filter_map(|was| named(was)).find(is_free);
        }
    }
    found
}

struct Compare<'a> {
    table: &'a str,
    differences: &'a mut Vec<Difference>,
}

impl Compare<'_> {
    fn say(&mut self, change: Change, what: &'static str, name: &str, detail: impl Into<String>) {
        self.differences.push(Difference {
            table: self.table.to_owned(),
            change,
            what,
            name: name.to_owned(),
            detail: detail.into(),
        });
    }

    fn table(
        &mut self,
        stored: &StoredTable,
        layout: &TableLayout,
        renamed: &dyn Fn(&str) -> String,
    ) -> Mapping {
        if stored.name != layout.name {
            self.say(Change::Renamed, "table", layout.name, format!("it was `{}`", stored.name));
        }
        let shapes: Vec<Shape> =
            stored.columns.iter().map(|column| column.shape.with_tables(renamed)).collect();
        let columns: Vec<From> =
            layout.columns.iter().map(|column| self.column(stored, &shapes, column)).collect();
        for (place, column) in stored.columns.iter().enumerate() {
            let is_it =
                |from: &From| matches!(from, From::Column { stored, .. } if *stored == place);
            if !columns.iter().any(is_it) {
                self.say(Change::Removed, "column", &column.name, "its values are passed over");
            }
        }
        self.rules(stored, &StoredTable::of(layout));
        Mapping::new(shapes, columns)
    }

    fn column(&mut self, table: &StoredTable, shapes: &[Shape], column: &ColumnLayout) -> From {
        let named = |name: &str| table.columns.iter().position(|stored| stored.name == name);
        let before = || column.was.iter().find_map(|was| Some((*was, named(was)?)));
        let stored = match (named(column.name), before()) {
            (Some(stored), _) => stored,
            (None, Some((was, stored))) => {
                self.say(Change::Renamed, "column", column.name, format!("it was `{was}`"));
                stored
            }
            (None, None) => {
                self.added(column);
                return From::Nowhere;
            }
        };
        match self.conversion(&shapes[stored], column) {
            Some((old, transcode)) => From::Column { stored, old, transcode },
            None => From::Nowhere,
        }
    }

    fn added(&mut self, column: &ColumnLayout) {
        if column.filled {
            return self.say(Change::Added, "column", column.name, "stored rows get its default");
        }
        let detail = "it was added, and stored rows have no value for it: give it a `#[default]`, \
                      make it an `Option`, or say what it was called with `#[was(\"…\")]`";
        self.say(Change::Refused, "column", column.name, detail);
    }

    /// Whether the stored values are of the column's old type, and how their shape becomes what is asked for.
    fn conversion(
        &mut self,
        stored: &Shape,
        column: &ColumnLayout,
    ) -> Option<(bool, Option<Transcode>)> {
        if *stored == column.shape {
            return Some((false, None));
        }
        let detail = format!("`{stored}` becomes `{}`", column.shape);
        if column.converted_from.as_ref() == Some(stored) {
            self.say(Change::Changed, "column", column.name, detail + " by `#[converted_from]`");
            return Some((true, None));
        }
        let refusal = match Transcode::between(stored, &column.shape) {
            Ok(transcode) => {
                self.say(Change::Changed, "column", column.name, detail);
                return Some((false, transcode));
            }
            Err(refusal) => refusal,
        };
        let old = column.converted_from.as_ref().map(|old| Transcode::between(stored, old));
        if let Some(Ok(transcode)) = old {
            self.say(Change::Changed, "column", column.name, detail + " by `#[converted_from]`");
            return Some((true, transcode));
        }
        let detail = format!("{refusal}: say how with `#[converted_from(Old, function)]`");
        self.say(Change::Refused, "column", column.name, detail);
        None
    }

    /// Keys, indexes, checks and foreign keys: rows are checked against the present ones in any case.
    fn rules(&mut self, stored: &StoredTable, current: &StoredTable) {
        if (stored.key_kind, &stored.key) != (current.key_kind, &current.key) {
            let detail = format!("it was over {}", stored.key.join(", "));
            self.say(Change::Changed, "key", &current.key.join(", "), detail);
        }
        self.named("index", &stored.indexes, &current.indexes, |index| &index.name);
        self.named("check", &stored.checks, &current.checks, |check| &check.0);
        self.named("foreign key", &stored.foreign_keys, &current.foreign_keys, |key| &key.name);
    }

    fn named<T: PartialEq>(
        &mut self,
        what: &'static str,
        stored: &[T],
        current: &[T],
        name: impl Fn(&T) -> &String,
    ) {
        for one in current {
            match stored.iter().find(|other| name(other) == name(one)) {
                None => self.say(Change::Added, what, name(one), ""),
                Some(other) if other != one => self.say(Change::Changed, what, name(one), ""),
                Some(_) => {}
            }
        }
        for one in stored {
            if !current.iter().any(|other| name(other) == name(one)) {
                self.say(Change::Removed, what, name(one), "");
            }
        }
    }
}
