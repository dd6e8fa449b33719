//! From files to a database.
//!
//! 1. The lock: one process, once.
//! 2. The newest snapshot that is whole: its rows go into the tables, by primary key alone, table beside table.
//! 3. The log behind it, commit by commit: rows are put and removed.
//! 4. Indexes, relation maps, unique and foreign keys, limits, checks: built and tested, once, for all rows.
//! 5. Only now anything is written: the log's end is made durable, and a segment of its own begun.
//!
//! Whatever fails before the fifth step leaves the files as they were.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bondstone_persist::Error as FilesError;
use bondstone_persist::commit::Committer;
use bondstone_persist::generation::{self, Generation};
use bondstone_persist::log::{self, Header, LogEnd, LogReader, LogWriter, Origin, Position};
use bondstone_persist::schema::StoredSchema;
use bondstone_persist::vfs::{self, Vfs};
use bondstone_schema::Schema;
use bondstone_storage::{Faults, Loader, Store};
use parking_lot::Mutex;

use super::journal::LastCheckpoint;
use super::keeper::{self, Bell};
use super::layout::Layouts;
use super::load::Load;
use super::{Journal, Opened, Options, Progress, checkpoint, record};
use crate::database::{Builder, Database, Inner};
use crate::entity::{self, Behaviour, Models};
use crate::error::{Error, Result};

/// Faults of a table that are told, at most.
const TOLD: usize = 20;

/// Commits between two reports of progress.
const REPORT: u64 = 10_000;

/// Opens the database in a directory.
pub(super) fn open(builder: Builder, vfs: Arc<dyn Vfs>) -> Result<Database> {
    let began = vfs.now();
    let Builder { models: Models { mut store, schema, behaviours }, environment, options } =
        builder;
    schema.verify()?;
    let lock = vfs::lock(&*vfs)?;

    store.publish_later();
    let current = StoredSchema::of(&schema);
    let models: Vec<&dyn Behaviour> = entity::in_order(&behaviours, &schema).collect();
    let mut opening = Opening {
        vfs: &vfs,
        options: &options,
        schema: &schema,
        models: &models,
        loader: store.load(),
        opened: Opened::default(),
        database: None,
        position: Position::default(),
        logged: 0,
    };
    opening.read_snapshot()?;
    let end = opening.replay()?;
    let Opening { loader, mut opened, database, position, logged, .. } = opening;
    opened.rows = models.iter().map(|model| model.loaded(&loader)).sum();
    let store = finish(loader, &models, position.version, &options)?;
    opened.took = vfs.now().saturating_sub(began);

    end.settle(&*vfs)?;
    let schema_bytes = current.to_bytes().map_err(Error::user)?;
    let database =
        database.unwrap_or_else(|| u128::from(vfs.random()) << 64 | u128::from(vfs.random()));
    let origin = Origin { database, schema: schema_bytes, position };
    let settings =
        log::Settings { segment_bytes: options.segment_bytes, ..log::Settings::default() };
    let committer =
        Committer::new(Arc::clone(&vfs), LogWriter::create(Arc::clone(&vfs), origin, settings)?);
    let is_migrated = !opened.changes.is_empty();
    let last = LastCheckpoint { at: vfs.now(), version: opened.snapshot.unwrap_or(0) };
    let background = options.background;
    let journal = Journal {
        committer,
        vfs,
        database,
        options,
        opened,
        checkpoint: Mutex::new(()),
        last_checkpoint: Mutex::new(last),
        logged: AtomicU64::new(logged),
        bell: Arc::new(Bell::default()),
        _lock: lock,
    };
    let inner = Arc::new(Inner { store, environment, journal: Some(journal), behaviours, schema });
    if is_migrated {
        // From here on the files are those of the program's models.
        checkpoint::write(&inner)?;
    }
    if background {
        keeper::start(&inner);
    }
    Ok(Database { inner })
}

/// A database while it is being read.
struct Opening<'a> {
    vfs: &'a Arc<dyn Vfs>,
    options: &'a Options,
    schema: &'a Schema,
    models: &'a [&'a dyn Behaviour],
    loader: Loader,
    opened: Opened,
    /// The number of the database, once a file has told.
    database: Option<u128>,
    /// The last commit that was read.
    position: Position,
    /// Bytes of the log behind the snapshot.
    logged: u64,
}

impl Opening<'_> {
    /// Reads the newest snapshot that is whole, if there is one.
    fn read_snapshot(&mut self) -> Result<()> {
        let Generation { newest, damaged } = generation::find(&**self.vfs)?;
        let Some((file, snapshot)) = newest else {
            // There was one: the log alone does not have what it held.
            return damaged.map_or(Ok(()), |error| Err(error.into()));
        };
        self.opened.damaged = damaged.map(|error| error.to_string());
        let layouts = Layouts::of(snapshot.schema(), self.schema, self.models)?;
        let load = Load {
            snapshot: &snapshot,
            file: &file,
            layouts: &layouts,
            loader: &self.loader,
            options: self.options,
        };
        load.run()?;
        let header = snapshot.header();
        self.database = Some(header.database);
        self.opened.snapshot = Some(header.version);
        self.opened.changes = layouts.differences;
        self.position =
            Position { sequence: header.sequence, version: header.version, checksum: 0 };
        Ok(())
    }

    /// Reads the log behind the snapshot.
    fn replay(&mut self) -> Result<LogEnd> {
        let from = self.position.sequence + 1;
        let mut reader = LogReader::open(Arc::clone(self.vfs), from)?;
        let mut known: Option<(Vec<u8>, Layouts<'_>)> = None;
        while let Some(frame) = reader.next()? {
            let header = frame.header;
            self.check_database(header)?;
            if known.as_ref().is_none_or(|(schema, _)| *schema != header.schema) {
                known = Some((header.schema.clone(), self.layouts_of(header)?));
            }
            // A snapshot may hold commits that came after the segment was begun.
            if frame.version > self.position.version
                && let Some((_, layouts)) = &known
            {
                record::replay(frame.payload, layouts, &self.loader)
                    .map_err(|malformed| corrupt(header, frame.sequence, &malformed))?;
                self.position.version = frame.version;
                self.opened.commits += 1;
                self.logged += frame.payload.len() as u64;
                if self.opened.commits.is_multiple_of(REPORT) {
                    self.options.report(Progress::Replaying { commits: self.opened.commits });
                }
            }
        }
        if let Some((_, layouts)) = known
            && self.opened.changes.is_empty()
        {
            self.opened.changes = layouts.differences;
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

    /// The files of a directory are of one database.
    fn check_database(&mut self, header: &Header) -> Result<()> {
        if *self.database.get_or_insert(header.database) == header.database {
            return Ok(());
        }
        let file = log::name_of(header.first);
        let what = "it is the log of another database".to_owned();
        Err(FilesError::Foreign { file, what }.into())
    }

    fn layouts_of<'m>(&self, header: &Header) -> Result<Layouts<'m>>
    where
        Self: 'm,
    {
        let stored = StoredSchema::from_bytes(&header.schema)
            .map_err(|damage| corrupt(header, header.first, &damage))?;
        Layouts::of(&stored, self.schema, self.models)
    }
}

pub(super) fn corrupt(header: &Header, sequence: u64, what: &dyn Display) -> Error {
    let what = format!("commit {sequence}: {what}");
    FilesError::Corrupt { file: log::name_of(header.first), offset: 0, what }.into()
}

/// Builds and tests everything that follows from the rows.
fn finish(
    loader: Loader,
    models: &[&dyn Behaviour],
    version: u64,
    options: &Options,
) -> Result<Arc<Store>> {
    options.report(Progress::Indexing);
    let broken: Vec<String> =
        models.iter().flat_map(|model| model.broken_rules(&loader, TOLD)).collect();
    if !broken.is_empty() {
        return Err(Error::Refused(broken));
    }
    loader.finish(version, options.threads.max(1)).map_err(|faults| {
        let Faults { loader, shown, count } = faults;
        let model = |number| models.iter().find(move |model| model.number() == number);
        let told = shown.iter().take(TOLD);
        let mut lines: Vec<String> =
            told.filter_map(|fault| Some(model(fault.table)?.describe(&loader, fault))).collect();
        if count > lines.len() {
            lines.push(format!("… and {} more", count - lines.len()));
        }
        Error::Refused(lines)
    })
}
