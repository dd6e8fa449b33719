//! Where the rows of a model are in files of some schema.

use bondstone_persist::codec::restore::Mapping;
use bondstone_persist::codec::row::RowSource;
use bondstone_persist::codec::transcode;
use bondstone_persist::schema::{Evolution, StoredSchema, StoredTable, TableEvolution};
use bondstone_schema::{Malformed, Schema, Shape, Source};
use parking_lot::Mutex;

use super::stage::Stage;
use crate::entity::Behaviour;

/// What is stored of a table.
pub(super) enum Stored<'a> {
    /// A model has it.
    Table(&'a dyn Behaviour, Mapping),
    /// A model has it, with another key, or with values that a function converts.
    Staged(&'a dyn Behaviour, Mapping, Mutex<Stage>),
    /// No model has it any more: it is passed over.
    Removed { key: Vec<Shape>, row: Vec<Shape> },
}

/// The models of a program, by the numbers that their tables have in files of one schema.
#[derive(Default)]
pub(super) struct Layouts<'a> {
    pub(super) tables: Vec<Stored<'a>>,
    /// What the schemas differ in, in words, and can be carried over.
    pub(super) differences: Vec<String>,
    /// Why the files cannot be read with the program's models, in words. Where there is any reason, no row is read.
    pub(super) refusals: Vec<String>,
}

impl<'a> Layouts<'a> {
    /// Of files with a schema.
    pub(super) fn of(stored: &StoredSchema, schema: &Schema, models: &[&'a dyn Behaviour]) -> Self {
        let evolution = Evolution::between(stored, schema);
        let refusals: Vec<String> = evolution.refusals().map(ToString::to_string).collect();
        let differences = evolution.accepted().map(ToString::to_string).collect();
        let mut tables: Vec<Stored<'a>> = stored.tables.iter().map(removed).collect();
        for (model, TableEvolution { stored: place, mapping }) in
            models.iter().zip(evolution.tables)
        {
            let Some(place) = place else { continue };
            if let (Some(table), Some(to)) = (stored.tables.get(place), tables.get_mut(place)) {
                *to = found(*model, table, mapping);
            }
        }
        Self { tables, differences, refusals }
    }

    /// What is stored of a table.
    ///
    /// # Errors
    /// There is no such table.
    pub(super) fn table(&self, place: usize) -> Result<&Stored<'a>, Malformed> {
        self.tables.get(place).ok_or_else(|| Malformed::no("table of the schema", place))
    }
}

/// A stored table that a model has.
fn found<'a>(model: &'a dyn Behaviour, table: &StoredTable, mapping: Mapping) -> Stored<'a> {
    let key = places_of_key(table);
    if mapping.keeps(model.key_columns(), &key) && !mapping.converts() {
        return Stored::Table(model, mapping);
    }
    let stage = Stage::new(mapping.stored().to_vec(), key);
    Stored::Staged(model, mapping, Mutex::new(stage))
}

fn places_of_key(table: &StoredTable) -> Vec<usize> {
    let place = |name: &String| table.columns.iter().position(|column| column.name == *name);
    table.key.iter().filter_map(place).collect()
}

fn removed<'a>(table: &StoredTable) -> Stored<'a> {
    let row = table.shapes();
    let key = places_of_key(table).into_iter().map(|place| row[place].clone()).collect();
    Stored::Removed { key, row }
}

/// Passes over a record by a schema alone.
pub(super) fn pass_over_record(schema: &StoredSchema, record: &[u8]) -> Result<(), Malformed> {
    let mut rest = record;
    while let Some((table, part)) = rest.split_first_chunk() {
        let place = u16::from_le_bytes(*table);
        let table = schema.tables.get(usize::from(place));
        let table = table.ok_or_else(|| Malformed::no("table of the schema", place))?;
        let Stored::Removed { key, row } = removed(table) else { break };
        rest = &part[pass_over(&key, &row, part)?..];
    }
    if rest.is_empty() { Ok(()) } else { Err(Malformed::end()) }
}

/// Passes over the part of a record that is of a removed table. How long it is.
pub(super) fn pass_over(key: &[Shape], row: &[Shape], part: &[u8]) -> Result<usize, Malformed> {
    let mut source = RowSource::new(part);
    source.u64()?;
    for shapes in [key, row] {
        for _ in 0..source.length()? {
            shapes.iter().try_for_each(|shape| transcode::skip(shape, &mut source))?;
        }
    }
    Ok(source.position())
}
