//! `#[singleton]`: a table of one row, which is there from the beginning and for ever.
//!
//! Such a row has no key to be named by and none to be given; inside it is number 1 of a table whose rows the engine numbers.
//! It is made when the database is opened and found without it: in a database with files, once. No hook hears of it, as of
//! nothing that is there when a database is open.

use std::sync::Arc;

use bondstone_schema::{AutoKey, Id};

use crate::database::Inner;
use crate::entity::Entity;
use crate::error::Result;
use crate::fill::Fill;
use crate::transaction::Tx;
use crate::view::View;

/// A model with one row. Derived: `#[singleton]` above the struct.
///
/// ```
/// use bondstone::prelude::*;
///
/// #[derive(Clone, Debug, Model)]
/// #[singleton]
/// struct Config {
///     #[default("light")]
///     theme: String,
///     #[default(20)]
///     rows_per_page: usize,
/// }
///
/// let db = Database::builder().models::<Config>().in_memory()?;
/// assert_eq!(db.read().the::<Config>().theme, "light");
/// db.write(|tx| tx.update_the::<Config>(|config| config.theme = "dark".into()).map(drop))?;
/// assert_eq!(db.read().the::<Config>().theme, "dark");
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has any number of rows: there is no such thing as *the* `{Self}`",
    note = "a model of one row has `#[singleton]` above the struct"
)]
pub trait Singleton: Entity<Key = AutoKey> {
    /// The row as it is in the beginning.
    ///
    /// # Errors
    /// What its defaults say.
    #[doc(hidden)]
    fn first(tx: &mut Fill<'_>) -> Result<Self>;
}

/// A model with any number of rows: every one without `#[singleton]`. Derived.
///
/// What deletes or rekeys rows of any model asks for it: `fn purge<M: Plural>(tx: &mut Tx, id: Id<M>)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a singleton, or may be one: its row cannot be deleted, nor take another key",
    note = "change a singleton with `tx.update_the`; in a function for many models, ask for `M: Plural`"
)]
pub trait Plural: Entity {}

impl View {
    /// The row of a `#[singleton]`. O(1).
    #[must_use]
    pub fn the<M: Singleton>(&self) -> &M {
        &self[Id::only()]
    }
}

impl Tx {
    /// Changes the row of a `#[singleton]`, as [`update`](Tx::update) does.
    ///
    /// # Errors
    /// The first rule that the changed row breaks. It is then as before.
    pub fn update_the<M: Singleton>(&mut self, change: impl FnOnce(&mut M)) -> Result<&M> {
        self.update(Id::only(), change)
    }

    /// Changes the row of a `#[singleton]` by a closure that may fail: then it is as before.
    ///
    /// # Errors
    /// As for [`update_the`](Tx::update_the), and what the closure says.
    pub fn try_update_the<M: Singleton>(
        &mut self,
        change: impl FnOnce(&mut M) -> Result<()>,
    ) -> Result<&M> {
        self.try_update(Id::only(), change)
    }
}

/// Makes the rows of singletons that are not there.
pub(crate) fn complete(database: &Arc<Inner>) -> Result<()> {
    let models = || database.behaviours.iter().flatten();
    if !models().any(|model| model.is_singleton()) {
        return Ok(());
    }
    let mut tx = Tx::begin_unheard(database)?;
    let mut made = false;
    for model in models() {
        made |= model.make_only_row(&mut tx)?;
    }
    if made {
        tx.commit()?;
    }
    Ok(())
}
