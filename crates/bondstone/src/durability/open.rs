//! From files to a database.
//!
//! 1. The lock: one process, once.
//! 2. All rows are read, and everything that follows from them is built and tested: [`Reading`].
//! 3. Only now anything is written: the log's end is made durable, and a segment of its own begun.
//! 4. Rows of another schema are written anew by the program's, in a snapshot.
//!
//! Whatever fails before the third step leaves the files as they were; whatever fails after it leaves the same rows, in the old
//! schema or in the new, and opening can be tried again with either program.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bondstone_persist::commit::Committer;
use bondstone_persist::log::{self, LogWriter, Origin};
use bondstone_persist::schema::StoredSchema;
use bondstone_persist::vfs::{self, Vfs};
use parking_lot::Mutex;

use super::journal::LastCheckpoint;
use super::keeper::{self, Bell};
use super::reading::Reading;
use super::violations::Violations;
use super::{Journal, checkpoint};
use crate::database::{Builder, Database, Inner};
use crate::entity::{self, Behaviour, Models};
use crate::error::{Error, Result};
use crate::singleton;

/// Opens the database in a directory.
pub(super) fn open(builder: Builder, vfs: Arc<dyn Vfs>) -> Result<Database> {
    let began = vfs.now();
    let Builder { models, environment, hooks, feed_capacity, options } = builder;
    models.verify()?;
    let Models { mut store, schema, behaviours } = models;
    hooks.verify(&behaviours)?;
    let lock = vfs::lock(&*vfs)?;

    store.publish_later();
    let order = entity::order(&behaviours, &schema);
    let models: Vec<&dyn Behaviour> = entity::in_order(&behaviours, &order).collect();
    let mut reading = Reading::new((&vfs, &options), (&schema, &models), store.load())?;
    let end = reading.rows(&hooks)?;
    let mut opened = std::mem::take(&mut reading.opened);
    let (database, position) = (reading.database, reading.position);
    let (logged, is_old) = (reading.logged, reading.is_old);
    let refused = |violations: Violations| Error::Refused(violations.into_lines());
    let store = reading.build().map_err(refused)?;
    opened.took = vfs.now().saturating_sub(began);

    end.settle(&*vfs)?;
    let schema_bytes = StoredSchema::of(&schema).to_bytes().map_err(Error::user)?;
    let database =
        database.unwrap_or_else(|| u128::from(vfs.random()) << 64 | u128::from(vfs.random()));
    let origin = Origin { database, schema: schema_bytes, position };
    let settings =
        log::Settings { segment_bytes: options.segment_bytes, ..log::Settings::default() };
    let committer =
        Committer::new(Arc::clone(&vfs), LogWriter::create(Arc::clone(&vfs), origin, settings)?);
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
        lock: Mutex::new(Some(lock)),
    };
    hooks.loaded();
    let feeds = feed_capacity.feeds();
    let journal = Some(journal);
    let inner =
        Arc::new(Inner { store, environment, journal, behaviours, order, schema, hooks, feeds });
    if is_old {
        // From here on the files are those of the program's models.
        checkpoint::write(&inner)?;
    }
    singleton::complete(&inner)?;
    if background {
        keeper::start(&inner);
    }
    Ok(Database { inner })
}
