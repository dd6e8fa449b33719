//! From files to a database.
//!
//! 1. The lock: one process, once.
//! 2. The newest snapshot that is whole: its rows go into the tables, by primary key alone, table beside table.
//! 3. The log behind it, commit by commit: rows are put and removed.
//! 4. Indexes, relation maps, unique and foreign keys, limits, checks: built and tested, once, for all rows.
//! 5. Only now anything is written: the log's end is made durable, and a segment of its own begun.
//!
//! Whatever fails before the fifth step leaves the files as they were.

use std::sync::Arc;

use bondstone_persist::commit::Committer;
use bondstone_persist::log::{self, LogReader, LogWriter, Origin, Position};
use bondstone_persist::vfs::Vfs;
use bondstone_persist::{Error as FilesError, schema::StoredSchema};
use bondstone_schema::Malformed;
use bondstone_storage::{Faults, Loader, Store};
use parking_lot::Mutex;

use super::journal::LastCheckpoint;
use super::keeper::{self, Bell};
use super::layout::Layouts;
use super::snapshots::{self, Snapshots};
use super::{Journal, Opened, Options, Progress, checkpoint, record};
use crate::database::{Builder, Database, Inner};
use crate::entity::{self, Behaviour, Models};
use crate::error::{Error, Result};

/// The file whose lock says that the directory is open.
const LOCK: &str = "lock";

/// Faults of a table that are told, at most.
const TOLD: usize = 20;

/// Commits between two reports of progress.
const REPORT: u64 = 10_000;

/// Opens the database in a directory.
pub(super) fn open(builder: Builder, vfs: Arc<dyn Vfs>) -> Result<Database> {
    let began = vfs.now();
    let Builder { models: Models { mut store, schema, behaviours }, environment, options } = builder;
    schema.verify()?;
    let lock = vfs.lock(LOCK).map_err(|error| FilesError::of_lock(LOCK, error))?;
    let lock = lock.ok_or(FilesError::AlreadyOpen)?;

    store.publish_later();
    let current = StoredSchema::of(&schema);
    let models: Vec<&dyn Behaviour> = entity::in_order(&behaviours, &schema).collect();
    let mut opening = Opening {
        vfs: &vfs,
        options: &options,
        models: &models,
        current: &current,
        loader: store.load(),
        opened: Opened::default(),
        database: None,
        position: Position::default(),
    };
    opening.read_snapshot()?;
    let end = opening.replay()?;
    let Opening { loader, mut opened, database, position, .. } = opening;
    opened.rows = models.iter().map(|model| model.loaded(&loader)).sum();
    let store = finish(loader, &models, position.version, &options)?;
    opened.took = vfs.now().saturating_sub(began);

    end.settle(&*vfs)?;
    let schema_bytes = current.to_bytes();
    let database = database.unwrap_or_else(|| u128::from(vfs.random()) << 64 | u128::from(vfs.random()));
    let origin = Origin { database, schema: schema_bytes.clone(), position };
    let settings = log::Settings { segment_bytes: options.segment_bytes, ..log::Settings::default() };
    let committer = Committer::new(Arc::clone(&vfs), LogWriter::create(Arc::clone(&vfs), origin, settings)?);
    let is_migrated = !opened.changes.is_empty();
    let last = LastCheckpoint { at: vfs.now(), version: opened.snapshot.unwrap_or(0) };
    let background = options.background;
    let journal = Journal {
        committer,
        vfs,
        database,
        schema: schema_bytes,
        options,
        opened,
        checkpoint: Mutex::new(()),
        last_checkpoint: Mutex::new(last),
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
    models: &'a [&'a dyn Behaviour],
    current: &'a StoredSchema,
    loader: Loader,
    opened: Opened,
    /// The number of the database, once a file has told.
    database: Option<u128>,
    /// The last commit that was read.
    position: Position,
}

impl Opening<'_> {
    /// Reads the newest snapshot that is whole, if there is one.
    fn read_snapshot(&mut self) -> Result<()> {
        let Snapshots { newest, damaged } = snapshots::find(self.vfs)?;
        self.opened.damaged = damaged.as_ref().map(ToString::to_string);
        let Some(snapshot) = newest else { return damaged.map_or(Ok(()), |error| Err(error.into())) };
        let layouts = self.layouts(&snapshot.header().schema, snapshot.name())?;
        snapshots::load(&snapshot, &layouts, &self.loader, self.options)?;
        let header = snapshot.header();
        self.database = Some(header.database);
        self.opened.snapshot = Some(header.version);
        self.position = Position { sequence: header.sequence, version: header.version, checksum: 0 };
        Ok(())
    }

    /// Reads the log behind the snapshot.
    fn replay(&mut self) -> Result<log::LogEnd> {
        let mut reader = LogReader::open(Arc::clone(self.vfs), self.position.sequence + 1)?;
        let mut schema: Option<(Vec<u8>, Layouts<'_>)> = None;
        loop {
            if let Some(header) = reader.header() {
                let database = *self.database.get_or_insert(header.database);
                if header.database != database {
                    return Err(FilesError::Foreign {
                        file: log::segment_name(header.first),
                        what: "it is the log of another database".to_owned(),
                    }
                    .into());
                }
            }
            let Some(frame) = reader.next()? else { break };
        }
        Ok(reader.finish()?)
    }
}
