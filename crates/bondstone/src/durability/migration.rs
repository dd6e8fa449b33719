//! What opening would do with files of another schema: told beforehand, with nothing changed.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use bondstone_persist::Error as FilesError;
use bondstone_persist::vfs::{self, OsDirectory, Vfs};

use super::reading::Reading;
use super::violations::Violations;
use crate::database::Builder;
use crate::entity::{self, Behaviour, Models};
use crate::error::{Error, Result};

/// What opening a directory with some models would do: what [`Builder::plan_migration`] gives. Its `Display` is for a person.
#[derive(Clone, Debug, Default)]
pub struct MigrationPlan {
    rows: usize,
    is_needed: bool,
    changes: Vec<String>,
    refusals: Vec<String>,
    violations: Violations,
}

impl MigrationPlan {
    /// Are rows stored by another schema than the program's? Then opening writes all of them anew. What is no part of the schema,
    /// such as `#[max_len]`, is tested without it.
    #[must_use]
    pub const fn is_needed(&self) -> bool {
        self.is_needed
    }

    /// Would opening succeed, as far as schema and rows are concerned?
    #[must_use]
    pub const fn is_possible(&self) -> bool {
        self.refusals.is_empty() && self.violations.is_empty()
    }

    /// Rows that were read. 0 if nothing could be: [`refusals`](Self::refusals) says why.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// What the files and the program differ in, and opening carries over: a line for each.
    #[must_use]
    pub fn changes(&self) -> &[String] {
        &self.changes
    }

    /// What of the files cannot be read with the program's models, and what to do about it: a line for each.
    #[must_use]
    pub fn refusals(&self) -> &[String] {
        &self.refusals
    }

    /// Rows that break a rule of the program's models: the first 20 or so of each table. If values cannot be converted or keys
    /// are there twice, only those are told: the others can be known when they are mended.
    #[must_use]
    pub fn violations(&self) -> &[String] {
        &self.violations.lines
    }

    /// How many violations there are, those included that are not told.
    #[must_use]
    pub const fn violation_count(&self) -> usize {
        self.violations.count
    }
}

impl fmt::Display for MigrationPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_possible(), self.is_needed) {
            (false, _) => write!(f, "the files cannot be opened with these models")?,
            (true, false) => return write!(f, "nothing to migrate, {} rows", self.rows),
            (true, true) => write!(f, "{} rows will be migrated", self.rows)?,
        }
        list(f, "carried over", self.changes.len(), &self.changes)?;
        list(f, "refused", self.refusals.len(), &self.refusals)?;
        list(f, "violations", self.violations.count, &self.violations.lines)
    }
}

fn list(f: &mut fmt::Formatter<'_>, title: &str, count: usize, lines: &[String]) -> fmt::Result {
    if count == 0 {
        return Ok(());
    }
    write!(f, "\n{title} ({count}):")?;
    lines.iter().try_for_each(|line| write!(f, "\n  {line}"))?;
    match count - lines.len() {
        0 => Ok(()),
        more => write!(f, "\n  … and {more} more"),
    }
}

impl Builder {
    /// What [`open`](Self::open) would do with a directory whose rows were stored by another version of the program: what it would
    /// carry over, what it would refuse, and which rows would break which rule. Reads and tests everything, as opening
    /// does, and changes nothing. O(rows × indexes).
    ///
    /// ```
    /// # let dir = std::env::temp_dir().join(format!("bondstone-doc-plan-{}", std::process::id()));
    /// mod before {
    ///     # use bondstone::prelude::*;
    ///     #[derive(Clone, Debug, Model)]
    ///     #[table("users")]
    ///     pub struct User { #[key] pub id: Id<User>, pub mail: String }
    /// }
    /// mod now {
    ///     # use bondstone::prelude::*;
    ///     #[derive(Clone, Debug, Model)]
    ///     #[table("users")]
    ///     pub struct User { #[key] pub id: Id<User>, #[unique] #[was("mail")] pub email: String }
    /// }
    /// # use bondstone::prelude::*;
    /// let db = Database::builder().models::<before::User>().open(&dir)?;
    /// for _ in 0..2 {
    ///     db.write(|tx| tx.insert(before::NewUser { mail: "ann@x.org".into() }))?;
    /// }
    /// db.close()?;
    ///
    /// let plan = Database::builder().models::<now::User>().plan_migration(&dir)?;
    /// assert!(plan.is_needed() && !plan.is_possible());
    /// assert!(plan.changes()[0].contains("it was `mail`"));
    /// assert_eq!(plan.violation_count(), 1, "{plan}");
    /// # std::fs::remove_dir_all(dir).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Schema`] as for [`in_memory`](Self::in_memory). [`Error::Durability`]: there is no such directory, it is open, or a
    /// file is damaged. What opening would refuse is no error here.
    pub fn plan_migration(self, directory: impl AsRef<Path>) -> Result<MigrationPlan> {
        let directory = directory.as_ref();
        let vfs = OsDirectory::open(directory, false)
            .map_err(|error| FilesError::at("opening", &directory.display().to_string(), error))?;
        self.plan_migration_in(vfs)
    }

    /// As [`plan_migration`](Self::plan_migration), on a file system of another kind.
    ///
    /// # Errors
    /// As for [`plan_migration`](Self::plan_migration).
    pub fn plan_migration_in(self, vfs: impl Vfs) -> Result<MigrationPlan> {
        let vfs: Arc<dyn Vfs> = Arc::new(vfs);
        let Self { models: Models { store, schema, behaviours }, hooks, options, .. } = self;
        schema.verify()?;
        hooks.verify(&behaviours)?;
        let names =
            vfs.list().map_err(|error| FilesError::at("listing", "the directory", error))?;
        // Whoever has it open has made this file. Where it is missing it is not made.
        let is_locked = names.iter().any(|name| name == "lock");
        let _lock = is_locked.then(|| vfs::lock(&*vfs)).transpose()?;

        let order = entity::order(&behaviours, &schema);
        let models: Vec<&dyn Behaviour> = entity::in_order(&behaviours, &order).collect();
        let mut reading = Reading::new((&vfs, &options), (&schema, &models), store.load())?;
        let read = reading.rows(&hooks);
        let mut plan = MigrationPlan {
            rows: reading.opened.rows,
            is_needed: reading.is_old,
            changes: std::mem::take(&mut reading.opened.changes),
            ..MigrationPlan::default()
        };
        match read {
            Ok(_) => plan.violations = reading.build().err().unwrap_or_default(),
            Err(Error::Refused(refusals)) => plan.refusals = refusals,
            Err(error) => return Err(error),
        }
        Ok(plan)
    }
}
