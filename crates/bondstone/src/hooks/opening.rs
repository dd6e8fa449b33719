//! Hooks that a database is described with.

use std::any::Any;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::registry::Run;
use super::{HookKey, HookKind, Hooks, Registry};
use crate::entity::Entity;
use crate::error::Result;

/// Takes hooks while a database is being described: all of [`Hooks`], and [`on_load`](OpeningHooks::on_load), which is over when
/// the database is open.
pub struct OpeningHooks<'a> {
    hooks: Hooks<'a>,
}

impl<'a> OpeningHooks<'a> {
    pub(crate) const fn new(registry: &'a Registry) -> Self {
        // Models may be added after the hooks; opening asks whether they were.
        Self { hooks: Hooks::new(registry, &|_| true) }
    }

    /// For each row that is read from files when the database is opened, once, before indexes are built and rules tested: the row
    /// may be changed, but for its key.
    ///
    /// A row that is changed is kept so by the next [checkpoint](crate::Database::checkpoint) or change of the row; until then it
    /// is read, and changed, anew by each opening. So the hook meets rows that it has repaired before beside others, and must leave
    /// those alone: to make prices a hundredfold is no repair, to make negative ones zero is. An `Err` refuses to open and
    /// names the row, as a rule does that is broken ([`Error::Refused`](crate::Error::Refused)); files are as they were then.
    ///
    /// ```
    /// # use bondstone::prelude::*;
    /// # #[derive(Clone, Debug, Model)]
    /// # struct User { #[key] id: Id<User>, email: String }
    /// # let dir = std::env::temp_dir().join(format!("bondstone-doc-on-load-{}", std::process::id()));
    /// # let db = Database::builder().models::<User>().open(&dir)?;
    /// # let ann = db.write(|tx| tx.insert(NewUser { email: "Ann@X.org".into() }))?;
    /// # db.close()?;
    /// let db = Database::builder()
    ///     .models::<User>()
    ///     .hooks(|h| {
    ///         h.on_load(|user: &mut User| {
    ///             user.email.make_ascii_lowercase();
    ///             Ok(())
    ///         })
    ///     })
    ///     .open(&dir)?;
    /// assert_eq!(db.read()[ann].email, "ann@x.org");
    /// # db.close()?;
    /// # std::fs::remove_dir_all(dir).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    #[cfg_attr(not(feature = "persist"), doc(hidden))]
    pub fn on_load<M: Entity>(
        &mut self,
        hook: impl Fn(&mut M) -> Result<()> + Send + Sync + 'static,
    ) -> HookKey {
        let run = move |row: &mut dyn Any| row.downcast_mut::<M>().map_or(Ok(()), &hook);
        self.hooks.of_rows::<M>(HookKind::OnLoad, Run::Load(Arc::new(run)))
    }
}

impl<'a> Deref for OpeningHooks<'a> {
    type Target = Hooks<'a>;

    fn deref(&self) -> &Hooks<'a> {
        &self.hooks
    }
}

impl<'a> DerefMut for OpeningHooks<'a> {
    fn deref_mut(&mut self) -> &mut Hooks<'a> {
        &mut self.hooks
    }
}
