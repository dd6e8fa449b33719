//! Where the rows of a model are in files of some schema.

use bondstone_persist::Error as FilesError;
use bondstone_persist::codec::restore::Mapping;
use bondstone_persist::schema::{Evolution, StoredSchema, TableEvolution};
use bondstone_schema::{Id, Malformed, Model, Schema, Source};

use crate::entity::Behaviour;
use crate::error::{Error, Result};

/// Where the columns of a model are in stored rows.
pub(crate) struct Layout(pub(super) Mapping);

impl Layout {
    /// The key of a row that was removed.
    pub(super) fn key<M: Model>(&self, source: &mut dyn Source) -> Result<Id<M>, Malformed> {
        use bondstone_schema::Value;
        let mut key = M::DEFINITION.key.index.columns.iter();
        if !key.all(|column| self.0.keeps(usize::from(*column))) {
            return Err(Malformed::new(
                "the log removes rows by keys of another type: checkpoint with the program that wrote it first",
            ));
        }
        Id::read_from(source)
    }
}

/// The models of a program, by the numbers that their tables have in files of one schema.
pub(super) struct Layouts<'a> {
    /// For each stored table. `None`: no model has it any more.
    tables: Vec<Option<(&'a dyn Behaviour, Layout)>>,
    /// What the schemas differ in, in words.
    pub(super) differences: Vec<String>,
}

impl<'a> Layouts<'a> {
    /// Of files whose schema is `bytes`.
    ///
    /// # Errors
    /// They cannot be read with the program's models: all reasons, in words.
    pub(super) fn of(bytes: &[u8], file: &str, schema: &Schema, models: &[&'a dyn Behaviour]) -> Result<Self> {
        let stored = StoredSchema::from_bytes(bytes).map_err(|damage| FilesError::Corrupt {
            file: file.to_owned(),
            offset: 0,
            what: damage.to_string(),
        })?;
        let evolution = Evolution::between(&stored, schema);
        let refusals: Vec<String> = evolution.refusals().map(ToString::to_string).collect();
        if !refusals.is_empty() {
            return Err(Error::Refused(refusals));
        }
        let mut tables: Vec<Option<(&dyn Behaviour, Layout)>> = stored.tables.iter().map(|_| None).collect();
        for (model, TableEvolution { stored, mapping }) in models.iter().zip(evolution.tables) {
            if let Some(place) = stored.and_then(|stored| tables.get_mut(stored)) {
                *place = Some((*model, Layout(mapping)));
            }
        }
        let differences = evolution.differences.iter().map(ToString::to_string).collect();
        Ok(Self { tables, differences })
    }

    /// The model of a stored table.
    ///
    /// # Errors
    /// There is no such table.
    pub(super) fn table(&self, place: usize) -> Result<Option<&(&'a dyn Behaviour, Layout)>, Malformed> {
        let table = self.tables.get(place).ok_or_else(|| Malformed::no("table of the schema", place))?;
        Ok(table.as_ref())
    }
}
