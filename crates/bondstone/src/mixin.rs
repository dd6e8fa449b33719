//! Mixins: columns that several models share, with their defaults, limits, indexes and methods.
//!
//! ```
//! use bondstone::prelude::*;
//!
//! #[derive(Clone, Debug, Mixin)]
//! struct Timestamps {
//!     #[on_insert(tx.now())]
//!     created_at: Timestamp,
//!     #[on_insert(tx.now())]
//!     #[on_update(tx.now())]
//!     updated_at: Timestamp,
//! }
//!
//! #[derive(Clone, Debug, Model)]
//! #[table("posts")]
//! struct Post {
//!     #[key]
//!     id: Id<Post>,
//!     title: String,
//!     #[mixin]
//!     times: Timestamps,
//! }
//!
//! let db = Database::builder().models::<Post>().in_memory()?;
//! let post = db.write(|tx| tx.insert(NewPost { title: "One".into() }))?;
//! let snap = db.read();
//! assert_eq!(snap[post].times.created_at, snap[post].times.updated_at);
//! assert_eq!(snap.query().filter(Post::CREATED_AT.le(Timestamp::now())).count(), 1);
//! # Ok::<(), Error>(())
//! ```
//!
//! The columns of a mixin are columns of the model like any other, behind its own: in the schema, in files, in errors. Their
//! constants stand in a trait, which the derive names after the mixin (`TimestampsColumns`); where it is in scope,
//! `Post::CREATED_AT` is one. What works for every model with the mixin is generic over [`Embeds`].
//!
//! # How
//!
//! A derive sees one struct. So the mixin's derive describes the columns as if the mixin were the row, in a [`Portion`]; and the
//! model's joins its own lists with those of its mixins, [lifted](lift): each function finds the mixin in the row first. All of
//! it happens at compile time, and what runs is what would run had the fields been written out.

pub mod lift;

use bondstone_schema::definition::{CheckDef, ColumnDef, ForeignKeyDef, IndexDef, RowOps};
use bondstone_schema::stored::{Restored, RowReader};
use bondstone_schema::value::Part;

use crate::entity::{Entity, Models};
use crate::error::Result;
use crate::fill::Fill;

pub use lift::Lift;

/// Columns that several models share. Derived: [`#[derive(Mixin)]`](macro@crate::Mixin).
pub trait Mixin: Part {
    /// What the mixin declares.
    #[doc(hidden)]
    const PORTION: &'static Portion<Self>;

    /// Has a column an `#[on_update]` value?
    #[doc(hidden)]
    const REFRESHES: bool;

    /// Fills what `#[on_update]` says into columns that an update left equal.
    #[doc(hidden)]
    fn refresh(&mut self, before: &Self, tx: &mut Fill<'_>);

    /// Adds the models that its foreign keys refer to.
    #[doc(hidden)]
    fn reach(models: &mut Models);

    /// Makes the mixin's part of a row of what is stored of it.
    ///
    /// # Errors
    /// What is stored is none of it.
    #[doc(hidden)]
    fn restore(row: RowReader<'_>) -> Restored<Self>;

    /// Takes the values that are given by name for columns with a default.
    ///
    /// # Errors
    /// One does not fit.
    #[doc(hidden)]
    fn take_named(&mut self, row: RowReader<'_>) -> Restored<()>;
}

/// A mixin of which every field has a default.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has fields without a default",
    label = "who gives them?",
    note = "write `#[mixin(given)]`: then a new row holds them, as a `New{Self}`"
)]
pub trait Filled: Mixin {
    /// The mixin's part of a new row.
    ///
    /// # Errors
    /// What its expressions say.
    fn fill(tx: &mut Fill<'_>) -> Result<Self>;
}

/// A mixin with fields that only the user can know.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "every field of `{Self}` has a default",
    label = "nothing is to be given",
    note = "write `#[mixin]`"
)]
pub trait Given: Mixin {
    /// These fields.
    type New: NewPart<Mixin = Self>;
}

/// The fields of a mixin that only the user can know: `NewAddress` of an `Address`.
#[doc(hidden)]
pub trait NewPart {
    /// The mixin.
    type Mixin: Mixin;

    /// The mixin's part of a new row.
    ///
    /// # Errors
    /// What its expressions say.
    fn complete(self, tx: &mut Fill<'_>) -> Result<Self::Mixin>;

    /// These fields, of values by name.
    ///
    /// # Errors
    /// One is missing, or does not fit.
    fn from_named(row: RowReader<'_>) -> Restored<Self>
    where
        Self: Sized;
}

/// A model with the mixin `X`: for functions that work with every one of them.
///
/// ```
/// use bondstone::prelude::*;
///
/// #[derive(Clone, Debug, Mixin)]
/// struct Counted {
///     #[default(0)]
///     views: u32,
/// }
///
/// #[derive(Clone, Debug, Model)]
/// struct Page {
///     #[key]
///     id: Id<Page>,
///     #[mixin]
///     counted: Counted,
/// }
///
/// /// The most seen row of any model that counts.
/// fn most_seen<M: Embeds<Counted>>(db: &View) -> Option<&M> {
///     db.query().order_by(M::VIEWS.desc()).first()
/// }
///
/// fn seen<M: Embeds<Counted>>(tx: &mut Tx, id: Id<M>) -> Result<(), Error> {
///     tx.update(id, |row| row.embedded_mut().views += 1).map(drop)
/// }
///
/// let db = Database::builder().models::<Page>().in_memory()?;
/// let page = db.write(|tx| {
///     let page = tx.insert(NewPage {})?;
///     seen(tx, page)?;
///     Ok(page)
/// })?;
/// assert_eq!(most_seen::<Page>(&db.read()).map(|page| page.counted.views), Some(1));
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not embed the mixin `{X}`",
    note = "embed it by a field in the model: `#[mixin] name: {X},`"
)]
pub trait Embeds<X: Mixin>: Entity {
    /// Where the mixin's entries begin.
    #[doc(hidden)]
    const FIRST: First;

    /// The row's mixin.
    fn embedded(&self) -> &X;

    /// The row's mixin, to be changed.
    fn embedded_mut(&mut self) -> &mut X;
}

/// What a mixin declares, as a definition says it of a model.
///
/// A name that begins with `_` follows the table's.
pub struct Portion<X: 'static> {
    /// The columns, in field order.
    pub columns: &'static [ColumnDef],
    /// What can be done with them.
    pub row: RowOps<X>,
    /// The indexes.
    pub indexes: &'static [IndexDef<X>],
    /// The foreign keys.
    pub foreign_keys: &'static [ForeignKeyDef<X>],
    /// The checks.
    pub checks: &'static [CheckDef<X>],
}

/// Where a mixin's entries begin in the lists of a model.
#[derive(Clone, Copy, Debug)]
pub struct First {
    /// The model's table.
    pub table: &'static str,
    /// Among its columns.
    pub column: u16,
    /// Among its indexes.
    pub index: u16,
    /// Among its foreign keys.
    pub foreign_key: u16,
}

impl First {
    /// Behind the entries of the model itself.
    #[must_use]
    pub const fn new(table: &'static str, column: u16, index: u16, foreign_key: u16) -> Self {
        Self { table, column, index, foreign_key }
    }

    /// Behind those of `X`, which begin here.
    #[must_use]
    pub const fn behind<X: Mixin>(self) -> Self {
        let portion = X::PORTION;
        Self {
            table: self.table,
            column: self.column + portion.columns.len() as u16,
            index: self.index + portion.indexes.len() as u16,
            foreign_key: self.foreign_key + portion.foreign_keys.len() as u16,
        }
    }
}

/// A field of a mixin, by the hash of its name: what a model's derive knows of it is the name alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no field of this name",
    label = "neither a field of the model nor of its mixin"
)]
pub trait MixinField<const NAME: u64> {
    /// Its type.
    type Type;
    /// Its place among the mixin's columns.
    const PLACE: u16;
}

/// The number of a model's column among those of the mixin `X`, if it is one of them.
#[must_use]
#[inline]
pub const fn column_of<M: Embeds<X>, X: Mixin>(column: u16) -> Option<u16> {
    match column.checked_sub(M::FIRST.column) {
        Some(own) if (own as usize) < X::PORTION.columns.len() => Some(own),
        _ => None,
    }
}

/// How many entries these lists have together.
#[must_use]
pub const fn length<T>(lists: &[&[T]]) -> usize {
    let mut length = 0;
    let mut next = 0;
    while next < lists.len() {
        length += lists[next].len();
        next += 1;
    }
    length
}

/// The entries of all lists, of which there are `N`; `None` of none.
#[must_use]
pub const fn joined<T: Copy, const N: usize>(lists: &[&[T]]) -> Option<[T; N]> {
    let mut joined: Option<[T; N]> = None;
    let (mut list, mut place) = (0, 0);
    while list < lists.len() {
        let mut next = 0;
        while next < lists[list].len() {
            let entry = lists[list][next];
            match &mut joined {
                Some(entries) => entries[place] = entry,
                None => joined = Some([entry; N]),
            }
            place += 1;
            next += 1;
        }
        list += 1;
    }
    joined
}
