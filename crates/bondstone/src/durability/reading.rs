//! What the files of a database hold, as tables: read and judged, with nothing written.
//!
//! 1. The newest snapshot that is whole: its rows go into the tables, by primary key alone, table beside table.
//! 2. The log behind it, commit by commit: rows are put and removed.
//! 3. Hooks for rows that are loaded, if there are any, may repair them.
//! 4. Indexes, relation maps, unique and foreign keys, limits, checks: built and tested, once, for all rows.
//!
//! Opening goes on from there; [planning a migration](crate::Builder::plan_migration) only tells what came of it.

use std::fmt::Display;
use std::sync::Arc;

use bondstone_persist::Error as FilesError;
use bondstone_persist::generation::{self, Generation};
use bondstone_persist::log::{self, Header, LogEnd, LogReader, Position};
use bondstone_persist::schema::StoredSchema;
use bondstone_persist::vfs::Vfs;
use bondstone_schema::Schema;
use bondstone_storage::{Fault, Faults, LAST_LOADED, Loader, Sight, Store};

use super::layout::{Layouts, Stored};
use super::load::Load;
use super::violations::Violations;
use super::{Opened, Options, Progress, record};
use crate::entity::Behaviour;
use crate::error::{Error, Result};
use crate::hooks::Registry;
use crate::view::View;

/// Commits between two reports of progress.
const REPORT: u64 = 10_000;

/// A database while it is being read.
pub(super) struct Reading<'a> {
    vfs: &'a Arc<dyn Vfs>,
    options: &'a Options,
    schema: &'a Schema,
    models: &'a [&'a dyn Behaviour],
    loader: Loader,
    /// The schema of the program, as it stands in files.
    current: Vec<u8>,
    /// The schema of what is being read, as it stands in the file; and where it has the models' rows.
    stored: Vec<u8>,
    layouts: Layouts<'a>,
    /// The first commit of the segment of the log whose schema that is: a schema is longer than most commits.
    segment: Option<u64>,
    pub(super) opened: Opened,
    /// Rows that are none of the model's.
    violations: Violations,
    /// The number of the database, once a file has told.
    pub(super) database: Option<u128>,
    /// The last commit that was read.
    pub(super) position: Position,
    /// Bytes of the log behind the snapshot.
    pub(super) logged: u64,
    /// Rows are stored by another schema than the program's.
    pub(super) is_old: bool,
}

impl<'a> Reading<'a> {
    /// Begins to read, into an empty store.
    pub(super) fn new(
        (vfs, options): (&'a Arc<dyn Vfs>, &'a Options),
        (schema, models): (&'a Schema, &'a [&'a dyn Behaviour]),
        loader: Loader,
    ) -> Result<Self> {
        let current = StoredSchema::of(schema).to_bytes().map_err(Error::user)?;
        Ok(Self {
            vfs,
            options,
            schema,
            models,
            loader,
            current,
            stored: Vec::new(),
            layouts: Layouts::default(),
            segment: None,
            opened: Opened::default(),
            violations: Violations::default(),
            database: None,
            position: Position::default(),
            logged: 0,
            is_old: false,
        })
    }

    /// Reads all rows there are, and lets hooks repair them.
    ///
    /// # Errors
    /// [`Error::Refused`]: nothing of it can be read with the program's models. [`Error::Durability`].
    pub(super) fn rows(&mut self, hooks: &Registry) -> Result<LogEnd> {
        self.read_snapshot()?;
        let end = self.replay()?;
        if self.position.version > LAST_LOADED {
            let what =
                format!("version {} is more than any database reaches", self.position.version);
            return Err(FilesError::Corrupt { file: "log".to_owned(), offset: 0, what }.into());
        }
        self.unstage();
        self.repair(hooks);
        self.opened.rows = self.models.iter().map(|model| model.loaded(&self.loader)).sum();
        Ok(end)
    }

    /// Builds and tests everything that follows from the rows.
    pub(super) fn build(self) -> Result<Arc<Store>, Violations> {
        let Self { mut violations, loader, models, options, position, .. } = self;
        if !violations.is_empty() {
            // Rows that are missing here would be missed by those that refer to them.
            return Err(violations);
        }
        options.report(Progress::Indexing);
        models.iter().for_each(|model| model.test_rules(&loader, &mut violations));
        match loader.finish(position.version, options.threads.max(1)) {
            Ok(store) => {
                let view = View::of(Sight::snapshot(&store));
                for cycle in models.iter().filter_map(|model| model.find_cycle(&view)) {
                    violations.of_table(1, std::iter::once(cycle));
                }
                if violations.is_empty() { Ok(store) } else { Err(violations) }
            }
            Err(faults) => {
                add_faults(&faults, models, &mut violations);
                Err(violations)
            }
        }
    }

    /// Reads the newest snapshot that is whole, if there is one.
    fn read_snapshot(&mut self) -> Result<()> {
        let Generation { newest, damaged } = generation::find(&**self.vfs)?;
        let Some((file, snapshot)) = newest else {
            // There was one: the log alone does not have what it held.
            return damaged.map_or(Ok(()), |error| Err(error.into()));
        };
        self.opened.damaged = damaged.map(|error| error.to_string());
        let header = snapshot.header();
        self.database = Some(header.database);
        self.opened.snapshot = Some(header.version);
        self.position =
            Position { sequence: header.sequence, version: header.version, checksum: 0 };
        let bytes = snapshot.schema().to_bytes().map_err(Error::user)?;
        self.know(snapshot.schema(), bytes)?;
        Load {
            snapshot: &snapshot,
            file: &file,
            layouts: &self.layouts,
            loader: &self.loader,
            options: self.options,
        }
        .run()
    }

    /// Reads the log behind the snapshot.
    fn replay(&mut self) -> Result<LogEnd> {
        let mut reader = LogReader::open(Arc::clone(self.vfs), self.position.sequence + 1)?;
        while let Some(frame) = reader.next()? {
            self.check_database(frame.header)?;
            // A snapshot may hold commits that came after the segment was begun.
            if frame.version > self.position.version {
                self.replay_commit(frame.header, frame.sequence, frame.payload)?;
                self.position.version = frame.version;
            }
        }
        let end = reader.finish()?;
        if let Some(header) = &end.header {
            self.check_database(header)?;
        }
        self.opened.cut.clone_from(&end.cut);
        self.position = Position {
            sequence: end.position.sequence.max(self.position.sequence),
            version: self.position.version.max(end.position.version),
            checksum: end.position.checksum,
        };
        Ok(end)
    }

    fn replay_commit(&mut self, header: &Header, sequence: u64, payload: &[u8]) -> Result<()> {
        if self.segment.replace(header.first) != Some(header.first) && self.stored != header.schema
        {
            let stored = StoredSchema::from_bytes(&header.schema)
                .map_err(|damage| corrupt(header, header.first, &damage))?;
            self.know(&stored, header.schema.clone())?;
        }
        record::replay(payload, &self.layouts, &self.loader)
            .map_err(|malformed| corrupt(header, sequence, &malformed))?;
        self.opened.commits += 1;
        self.logged += payload.len() as u64;
        if self.opened.commits.is_multiple_of(REPORT) {
            self.options.report(Progress::Replaying { commits: self.opened.commits });
        }
        Ok(())
    }

    /// The files of a directory are of one database.
    fn check_database(&mut self, header: &Header) -> Result<()> {
        if *self.database.get_or_insert(header.database) == header.database {
            return Ok(());
        }
        let file = log::name_of(header.first);
        let what = "it is the log of another database".to_owned();
        Err(FilesError::Foreign { file, what }.into())
    }

    /// From here on rows are of this schema.
    fn know(&mut self, stored: &StoredSchema, bytes: Vec<u8>) -> Result<()> {
        self.unstage();
        self.is_old |= bytes != self.current;
        let mut layouts = Layouts::of(stored, self.schema, self.models);
        let changes = &mut self.opened.changes;
        for difference in std::mem::take(&mut layouts.differences) {
            if !changes.contains(&difference) {
                changes.push(difference);
            }
        }
        if !layouts.refusals.is_empty() {
            return Err(Error::Refused(layouts.refusals));
        }
        (self.stored, self.layouts) = (bytes, layouts);
        Ok(())
    }

    /// Calls the hooks for rows that were loaded.
    fn repair(&mut self, hooks: &Registry) {
        let Some(hooks) = hooks.current() else { return };
        for model in self.models {
            let hooks = hooks.on_load(model.number());
            if !hooks.is_empty() {
                model.on_load(&self.loader, hooks, &mut self.violations);
            }
        }
    }

    /// What was kept as it was stored becomes rows of the models.
    fn unstage(&mut self) {
        for table in &std::mem::take(&mut self.layouts).tables {
            if let Stored::Staged(model, mapping, stage) = table {
                model.unstage(&self.loader, mapping, &stage.lock(), &mut self.violations);
            }
        }
    }
}

/// Adds what was found while indexes and relations were built.
fn add_faults(faults: &Faults, models: &[&dyn Behaviour], violations: &mut Violations) {
    let mut untold = faults.count;
    for model in models {
        let concerned = |fault: &&Fault| fault.table == model.number();
        let shown = faults.shown.iter().filter(concerned);
        let count = shown.clone().count();
        untold -= count;
        violations.of_table(count, shown.map(|fault| model.describe(&faults.loader, fault)));
    }
    violations.count += untold;
}

pub(super) fn corrupt(header: &Header, sequence: u64, what: &dyn Display) -> Error {
    let what = format!("commit {sequence}: {what}");
    FilesError::Corrupt { file: log::name_of(header.first), offset: 0, what }.into()
}
