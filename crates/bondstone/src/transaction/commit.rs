//! The end of a transaction that is kept.

#[cfg(feature = "persist")]
use std::sync::Arc;

#[cfg(feature = "persist")]
use crate::database::Inner;
#[cfg(feature = "persist")]
use crate::durability::Durable;
#[cfg(feature = "persist")]
use crate::error::Result;

/// A commit.
#[derive(Clone)]
pub struct Commit {
    version: u64,
    /// Of a database with files.
    #[cfg(feature = "persist")]
    database: Option<Arc<Inner>>,
}

impl Commit {
    pub(crate) const fn in_memory(version: u64) -> Self {
        Self {
            version,
            #[cfg(feature = "persist")]
            database: None,
        }
    }

    #[cfg(feature = "persist")]
    pub(crate) const fn logged(version: u64, database: Arc<Inner>) -> Self {
        Self { version, database: Some(database) }
    }

    /// The version that the commit made (or found, if it changed nothing): a snapshot with this version or a later one sees
    /// it.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Waits until the commit survives a power loss: at once after a commit at [`Level::Sync`](crate::Level::Sync), and in a
    /// database in memory, where nothing ever does.
    ///
    /// # Errors
    /// [`Error::Durability`](crate::Error::Durability): it is not known whether it does.
    ///
    /// ```
    /// # use bondstone::prelude::*;
    /// # use bondstone::Level;
    /// # #[derive(Clone, Debug, Model)]
    /// # struct User { #[key] id: Id<User>, email: String }
    /// # let dir = std::env::temp_dir().join(format!("bondstone-doc-wait-{}", std::process::id()));
    /// let db = Database::builder().models::<User>().open(&dir)?;
    /// let mut tx = db.begin()?;
    /// tx.insert(NewUser { email: "ann@x.org".into() })?;
    /// let commit = tx.commit_at(Level::Buffered)?;
    /// // … something else …
    /// commit.wait_durable()?;
    /// assert!(db.durable_version() >= commit.version());
    /// # db.close()?;
    /// # std::fs::remove_dir_all(dir).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    #[cfg(feature = "persist")]
    pub fn wait_durable(&self) -> Result<()> {
        match self.journal() {
            Some(journal) => journal.wait_durable(self.version),
            None => Ok(()),
        }
    }

    /// As [`wait_durable`](Self::wait_durable), as a future: for programs with any runtime. It makes nothing durable by itself:
    /// what does is a commit at `Sync`, a [flush](crate::Database::flush), or the [background](crate::Builder::background).
    #[cfg(feature = "persist")]
    #[must_use = "a future does nothing until it is awaited"]
    pub fn durable(&self) -> Durable {
        Durable::new(self.version, self.database.clone())
    }

    #[cfg(feature = "persist")]
    fn journal(&self) -> Option<&crate::durability::Journal> {
        self.database.as_ref()?.journal.as_ref()
    }
}

impl std::fmt::Debug for Commit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Commit").field("version", &self.version).finish()
    }
}
