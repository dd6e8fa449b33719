//! Where the rows of a model are in files of some schema.

use bondstone_persist::codec::restore::Mapping;
use bondstone_persist::codec::row::RowSource;
use bondstone_persist::codec::transcode;
use bondstone_persist::schema::{Evolution, StoredSchema, StoredTable, TableEvolution};
use bondstone_schema::{Id, Malformed, Model, Schema, Shape, Source, Value};

use crate::entity::Behaviour;
use crate::error::{Error, Result};

/// Where the columns of a model are in stored rows.
pub(crate) struct Layout(pub(super) Mapping);

impl Layout {
    /// The key of a row that was removed.
    pub(super) fn key<M: Model>(&self, source: &mut dyn Source) -> Result<Id<M>, Malformed> {
        let mut key = M::DEFINITION.key.index.columns.iter();
        if !key.all(|column| self.0.keeps(usize::from(*column))) {
            return Err(Malformed::new(
                "the log removes rows by keys of another type: checkpoint with the program that wrote it first",
            ));
        }
        Id::read_from(source)
    }
}

/// What is stored of a table.
pub(super) enum Stored<'a> {
    /// A model has it.
    Table(&'a dyn Behaviour, Layout),
    /// No model has it any more: it is passed over.
    Removed { key: Vec<Shape>, row: Vec<Shape> },
}

/// The models of a program, by the numbers that their tables have in files of one schema.
pub(super) struct Layouts<'a> {
    tables: Vec<Stored<'a>>,
    /// What the schemas differ in, in words.
    pub(super) differences: Vec<String>,
}

impl<'a> Layouts<'a> {
    /// Of files with a schema.
    ///
    /// # Errors
    /// They cannot be read with the program's models: all reasons, in words.
    pub(super) fn of(
        stored: &StoredSchema,
        schema: &Schema,
        models: &[&'a dyn Behaviour],
    ) -> Result<Self> {
        let evolution = Evolution::between(stored, schema);
        let refusals: Vec<String> = evolution.refusals().map(ToString::to_string).collect();
        if !refusals.is_empty() {
            return Err(Error::Refused(refusals));
        }
        let mut tables: Vec<Stored<'a>> = stored.tables.iter().map(removed).collect();
        for (model, TableEvolution { stored, mapping }) in models.iter().zip(evolution.tables) {
            if let Some(place) = stored.and_then(|stored| tables.get_mut(stored)) {
                *place = Stored::Table(*model, Layout(mapping));
            }
        }
        let differences = evolution.differences.iter().map(ToString::to_string).collect();
        Ok(Self { tables, differences })
    }

    /// What is stored of a table.
    ///
    /// # Errors
    /// There is no such table.
    pub(super) fn table(&self, place: usize) -> Result<&Stored<'a>, Malformed> {
        self.tables.get(place).ok_or_else(|| Malformed::no("table of the schema", place))
    }
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

fn removed<'a>(table: &StoredTable) -> Stored<'a> {
    let shape = |name: &String| {
        let column = table.columns.iter().find(|column| column.name == *name)?;
        Some(column.shape.clone())
    };
    Stored::Removed { key: table.key.iter().filter_map(shape).collect(), row: table.shapes() }
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
