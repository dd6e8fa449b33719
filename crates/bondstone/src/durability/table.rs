//! A model without its type, as it is written to files and read from them.

use std::any::Any;

use bondstone_persist::codec::restore::{FrameRow, Mapping, SegmentRows};
use bondstone_persist::codec::row::RowSource;
use bondstone_persist::snapshot::{AT_ONCE, Segment};
use bondstone_schema::{ColumnSet, Id, KeyKind, Malformed, Model, Sink, Source, StoredRow, Value};
use bondstone_storage::{Broken, Fault, Loader, Refusal, Refused, TableLoader};

use super::stage::Stage;
use super::violations::Violations;
use crate::change::{Change, Changes};
use crate::entity::{Entity, Of};
use crate::error::{About, Error, Result};
use crate::hooks::LoadHook;
use crate::transaction::{differing, enforce_limits, test_checks};
use crate::view::View;

/// Rows that were made of a segment, without their type.
pub(crate) type Restored = Box<dyn Any + Send>;

/// What files ask of a model.
pub(crate) trait StoredTable: Send + Sync {
    /// The model's number in this process.
    fn number(&self) -> usize;

    /// The places of the key's columns.
    fn key_columns(&self) -> &'static [u16];

    /// Appends the model's part of a commit's record; false if there is none. O(rows written × columns).
    fn write_changes(&self, changes: &Changes<'_>, place: u16, sink: &mut dyn Sink) -> bool;

    /// Takes the model's part of a record, behind the table's place, into a table that is being loaded. How long it is.
    fn replay(&self, loader: &Loader, mapping: &Mapping, part: &[u8]) -> Result<usize, Malformed>;

    /// How many rows there are.
    fn count(&self, view: &View) -> usize;

    /// Writes the model's rows, segment by segment: `full` takes each that is full, and the last.
    fn write_rows(
        &self,
        view: &View,
        segment: &mut Segment,
        full: &mut dyn FnMut(&mut Segment) -> Result<()>,
    ) -> Result<()>;

    /// The number of the model's next key; 0 if the engine does not number its rows.
    fn next_number(&self, view: &View) -> u64;

    /// Makes rows of a segment: of several segments at once, on as many threads.
    fn restore(&self, rows: &mut SegmentRows<'_>) -> Result<Restored>;

    /// Adds the rows of a segment to a table that is being loaded.
    fn load(&self, loader: &Loader, rows: Restored) -> Result<()>;

    /// Makes rows of what was kept as it was stored. Those that cannot be are violations.
    fn unstage(
        &self,
        loader: &Loader,
        mapping: &Mapping,
        stage: &Stage,
        violations: &mut Violations,
    );

    /// Calls hooks for each row that was loaded, and keeps what they make of it. What they refuse are violations.
    fn on_load(&self, loader: &Loader, hooks: &[LoadHook], violations: &mut Violations);

    /// Lets the next key be at least this one.
    fn set_next_number(&self, loader: &Loader, number: u64);

    /// How many rows were loaded.
    fn loaded(&self, loader: &Loader) -> usize;

    /// Tests limits and checks of all rows that were loaded.
    fn test_rules(&self, loader: &Loader, violations: &mut Violations);

    /// A row that is its own ancestor where none may be, in words.
    fn find_cycle(&self, view: &View) -> Option<String>;

    /// What a fault is, in words.
    fn describe(&self, loader: &Loader, fault: &Fault) -> String;
}

impl<M: Entity> StoredTable for Of<M> {
    fn number(&self) -> usize {
        M::number().get()
    }

    fn key_columns(&self) -> &'static [u16] {
        M::DEFINITION.key.index.columns
    }

    fn write_changes(&self, changes: &Changes<'_>, place: u16, sink: &mut dyn Sink) -> bool {
        let changed: Vec<Change<'_, M>> = changes.of::<M>().collect();
        if changed.is_empty() {
            return false;
        }
        let put = || changed.iter().filter_map(Change::after);
        let removed = changed.iter().filter(|change| change.after().is_none());
        let rows = put().count();
        sink.u16(place);
        sink.u64(self.next_number(changes.view()));
        sink.length(changed.len() - rows);
        removed.for_each(|change| change.id().write_to(sink));
        sink.length(rows);
        let columns = 0..M::DEFINITION.columns.len() as u16;
        for row in put() {
            columns.clone().for_each(|column| (M::DEFINITION.row.write)(row, column, sink));
        }
        true
    }

    fn replay(&self, loader: &Loader, mapping: &Mapping, part: &[u8]) -> Result<usize, Malformed> {
        let mut source = RowSource::new(part);
        let mut table = loader.table::<M>();
        table.set_next_number(source.u64()?);
        for _ in 0..source.length()? {
            let id: Id<M> = Id::read_from(&mut source)?;
            if !table.remove(&id) {
                return Err(Malformed::new(format!("{id} is removed, and is not there")));
            }
        }
        let rows = source.length()?;
        let mut at = source.position();
        for _ in 0..rows {
            let mut stored = FrameRow::new(mapping, &part[at..])?;
            let row = restored::<M>(&mut stored)?;
            at += stored.length();
            table.put(row).map_err(|refused| Malformed::new(unkeyed(&refused).to_string()))?;
        }
        Ok(at)
    }

    fn count(&self, view: &View) -> usize {
        view.count::<M>()
    }

    fn write_rows(
        &self,
        view: &View,
        segment: &mut Segment,
        full: &mut dyn FnMut(&mut Segment) -> Result<()>,
    ) -> Result<()> {
        let mut rows = view.iter::<M>();
        let mut some = Vec::with_capacity(AT_ONCE);
        loop {
            some.extend(rows.by_ref().take(AT_ONCE - some.len()));
            let is_last = some.len() < AT_ONCE;
            let taken = segment.extend(&some, M::DEFINITION.row.write);
            some.drain(..taken);
            if is_last && some.is_empty() {
                return full(segment);
            }
            if segment.is_full() {
                full(segment)?;
            }
        }
    }

    fn next_number(&self, view: &View) -> u64 {
        match M::DEFINITION.key.kind {
            KeyKind::Auto => view.sight().next_number::<M>(),
            KeyKind::Natural | KeyKind::Uuid(_) => 0,
        }
    }

    fn restore(&self, stored: &mut SegmentRows<'_>) -> Result<Restored> {
        let malformed = |malformed: Malformed| {
            Error::Refused(vec![format!("table `{}`: {malformed}", M::DEFINITION.name)])
        };
        let mut rows: Vec<M> = Vec::new();
        while stored.advance() {
            rows.push(restored(stored).map_err(malformed)?);
        }
        Ok(Box::new(rows))
    }

    fn load(&self, loader: &Loader, rows: Restored) -> Result<()> {
        let Ok(rows) = rows.downcast::<Vec<M>>() else {
            return Err(Error::user("rows of another model"));
        };
        let mut table = loader.table::<M>();
        let mut insert = |row| table.insert(row).map_err(|refused| unkeyed(&refused));
        rows.into_iter().try_for_each(|row| insert(row).map(drop))
    }

    fn unstage(
        &self,
        loader: &Loader,
        mapping: &Mapping,
        stage: &Stage,
        violations: &mut Violations,
    ) {
        let mut table = loader.table::<M>();
        let mut refused = Vec::new();
        for (key, bytes) in stage.rows() {
            let row = FrameRow::new(mapping, bytes)
                .and_then(|mut stored| restored::<M>(&mut stored))
                .map_err(|malformed| malformed.to_string());
            let inserted = row
                .and_then(|row| table.insert(row).map_err(|refused| unkeyed(&refused).to_string()));
            if let Err(why) = inserted {
                refused.push(format!("`{}` stored with the key {key}: {why}", M::DEFINITION.name));
            }
        }
        violations.of_table(refused.len(), refused.into_iter());
        if M::DEFINITION.key.kind == KeyKind::Auto {
            table.set_next_number(stage.next_number());
        }
    }

    fn on_load(&self, loader: &Loader, hooks: &[LoadHook], violations: &mut Violations) {
        let mut table = loader.table::<M>();
        let mut refused = Vec::new();
        for slot in table.rows().map(|(slot, _)| slot).collect::<Vec<_>>() {
            let Some(row) = table.at_slot(slot) else { continue };
            match repaired(row, hooks) {
                Ok(None) => {}
                // It has the key of the row in whose place it comes.
                Ok(Some(row)) => drop(table.put(row)),
                Err(why) => refused.push(format!("{}: refused by `on_load`: {why}", row.id())),
            }
        }
        violations.of_table(refused.len(), refused.into_iter());
    }

    fn set_next_number(&self, loader: &Loader, number: u64) {
        if M::DEFINITION.key.kind == KeyKind::Auto {
            loader.table::<M>().set_next_number(number);
        }
    }

    fn loaded(&self, loader: &Loader) -> usize {
        loader.table::<M>().len()
    }

    fn test_rules(&self, loader: &Loader, violations: &mut Violations) {
        let table = loader.table::<M>();
        let rules = |row: &M| limits(row).and_then(|()| test_checks(row));
        let broken = table.rows().filter_map(|(_, row)| Some((row, rules(row).err()?)));
        let broken: Vec<(&M, Error)> = broken.collect();
        let words = broken.iter().map(|(row, error)| format!("{}: {error}", row.id()));
        violations.of_table(broken.len(), words);
    }

    fn find_cycle(&self, view: &View) -> Option<String> {
        view.find_cycle::<M>().map(|error| error.to_string())
    }

    fn describe(&self, loader: &Loader, fault: &Fault) -> String {
        let table: TableLoader<'_, M> = loader.table::<M>();
        let Some(row) = table.at_slot(fault.slot) else { return M::DEFINITION.name.to_owned() };
        let about = About::row(row);
        let error = match fault.broken {
            Broken::Unique { index, other } => {
                about.duplicate(index, table.at_slot(other).map(About::row))
            }
            Broken::MissingParent { foreign_key } => about.missing_parent(foreign_key),
        };
        format!("{}: {error}", row.id())
    }
}

/// A row as it was stored, its decimals brought to their scale as by an insert: the limit may be newer than the row. What does
/// not keep its limit stays as it is, and is told with all else that breaks a rule.
fn restored<M: Entity>(stored: &mut dyn StoredRow) -> Result<M, Malformed> {
    let mut row = M::DEFINITION.restore(stored)?;
    let _ = enforce_limits(&mut row, ColumnSet::EMPTY);
    Ok(row)
}

/// What hooks make of a row; `None` if they leave it as it is.
fn repaired<M: Entity>(row: &M, hooks: &[LoadHook]) -> Result<Option<M>> {
    let mut repaired = row.clone();
    hooks.iter().try_for_each(|hook| hook(&mut repaired))?;
    let changed = differing(row, &repaired);
    if changed.touches(M::DEFINITION.key.index.columns) {
        return Err(About::row(row).key_changed_by_hook());
    }
    Ok((!changed.is_empty()).then_some(repaired))
}

/// Tests the limits of a row, of which only a copy can be brought to scale.
fn limits<M: Model>(row: &M) -> Result<()> {
    if M::DEFINITION.columns.iter().all(|column| column.limit.is_none()) {
        return Ok(());
    }
    enforce_limits(&mut row.clone(), ColumnSet::ALL)
}

/// The error for a row that has no place, by its key alone.
fn unkeyed<M: Entity>(refused: &Refused<M>) -> Error {
    match refused.refusal {
        Refusal::KeyRange => Error::KeyRange(M::DEFINITION.name),
        Refusal::Full => Error::Full(M::DEFINITION.name),
        _ => About::row(&refused.row).duplicate_key(),
    }
}
