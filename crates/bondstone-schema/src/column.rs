//! The constants that a model's derive makes: columns, foreign keys, relations, unique indexes.
//!
//! They are small `Copy` values which say *which* column or relation is meant; the type parameters keep columns of
//! different models and types apart.

use std::fmt;
use std::marker::PhantomData;

use crate::id::Id;
use crate::lookup::Columns;
use crate::model::Model;

/// Marks a column without a unique index of its own.
#[derive(Clone, Copy, Debug)]
pub enum Plain {}

/// Marks a column with a unique index of its own: `find` takes it.
#[derive(Clone, Copy, Debug)]
pub enum Uniq {}

/// Marks a required foreign key.
#[derive(Clone, Copy, Debug)]
pub enum Req {}

/// Marks a foreign key that may be null.
#[derive(Clone, Copy, Debug)]
pub enum Opt {}

/// Whether there may be nothing: [`Req`] or [`Opt`]. What is read is a `T` or an `Option<T>` accordingly.
pub trait Nullness: 'static {
    /// May there be nothing?
    const NULLABLE: bool;
    /// What is read where a `T` may stand.
    type Item<T>;
    /// Of two steps on a path: may there be nothing at its end?
    type Or<N: Nullness>: Nullness;

    /// What was found, as what is read.
    ///
    /// # Panics
    /// If nothing was found where something is required.
    fn item<T>(found: Option<T>) -> Self::Item<T>;

    /// What is read, as what was found.
    fn found<T>(item: Self::Item<T>) -> Option<T>;
}

impl Nullness for Req {
    const NULLABLE: bool = false;
    type Item<T> = T;
    type Or<N: Nullness> = N;

    #[inline]
    fn item<T>(found: Option<T>) -> T {
        found.unwrap_or_else(|| nothing())
    }

    #[inline]
    fn found<T>(item: T) -> Option<T> {
        Some(item)
    }
}

#[cold]
fn nothing() -> ! {
    panic!("a required value is not there: the row refers to one that this view does not have")
}

impl Nullness for Opt {
    const NULLABLE: bool = true;
    type Item<T> = Option<T>;
    type Or<N: Nullness> = Opt;

    #[inline]
    fn item<T>(found: Option<T>) -> Option<T> {
        found
    }

    #[inline]
    fn found<T>(item: Option<T>) -> Option<T> {
        item
    }
}

/// A column of `M` with values of type `V`.
pub struct Column<M, V, U = Plain> {
    column: u16,
    /// The unique index.
    index: u16,
    /// The ordered index.
    ordered: u16,
    get: fn(&M) -> &V,
    marker: PhantomData<fn() -> U>,
}

/// No index of its own.
const NO_INDEX: u16 = u16::MAX;

impl<M, V> Column<M, V, Plain> {
    /// Column number `column`.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(column: u16, get: fn(&M) -> &V) -> Self {
        Self { column, index: NO_INDEX, ordered: NO_INDEX, get, marker: PhantomData }
    }
}

impl<M, V> Column<M, V, Uniq> {
    /// Column number `column`, with the unique index at place `index` of the model's indexes.
    #[doc(hidden)]
    #[must_use]
    pub const fn unique(column: u16, index: u16, get: fn(&M) -> &V) -> Self {
        Self { column, index, ordered: NO_INDEX, get, marker: PhantomData }
    }

    #[inline]
    pub(crate) const fn index_position(self) -> usize {
        self.index as usize
    }
}

impl<M, V, U> Column<M, V, U> {
    /// The same column, with the ordered index at place `ordered` of the model's indexes.
    #[doc(hidden)]
    #[must_use]
    pub const fn ordered(self, ordered: u16) -> Self {
        Self { ordered, ..self }
    }

    /// The place of the column's own ordered index among the model's indexes.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub const fn ordered_position(self) -> Option<usize> {
        match self.ordered {
            NO_INDEX => None,
            place => Some(place as usize),
        }
    }

    /// The column's number among the model's columns.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.column
    }

    /// The row's value in this column.
    #[inline]
    pub fn get(self, row: &M) -> &V {
        (self.get)(row)
    }
}

impl<M: Model, V, U> Column<M, V, U> {
    /// The column's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        M::DEFINITION.columns[usize::from(self.column)].name
    }
}

/// The foreign key of `M` that refers to `P`; `N` says whether it may be null ([`Req`] or [`Opt`]).
pub struct Fk<M, P: Model, N = Req> {
    column: u16,
    position: u16,
    unique: bool,
    get: fn(&M) -> Option<&Id<P>>,
    marker: PhantomData<fn() -> N>,
}

impl<M, P: Model, N> Fk<M, P, N> {
    /// Column number `column`, at place `position` of the model's foreign keys.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        column: u16,
        position: u16,
        unique: bool,
        get: fn(&M) -> Option<&Id<P>>,
    ) -> Self {
        Self { column, position, unique, get, marker: PhantomData }
    }

    /// The column's number among the model's columns.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.column
    }

    /// Its place among the model's foreign keys.
    #[must_use]
    pub const fn position(self) -> usize {
        self.position as usize
    }

    /// Does at most one row refer to each parent?
    #[must_use]
    pub const fn is_unique(self) -> bool {
        self.unique
    }

    /// The id that the row refers to.
    #[inline]
    pub fn get(self, row: &M) -> Option<&Id<P>> {
        (self.get)(row)
    }

    /// The same key seen from the parent: its children.
    #[must_use]
    pub const fn inverse(self) -> Many<P, M>
    where
        M: Model,
    {
        Many::by(self)
    }
}

impl<M: Model, P: Model, N> Fk<M, P, N> {
    /// The column's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        M::DEFINITION.columns[usize::from(self.column)].name
    }
}

/// Implemented by a model with exactly one foreign key to `P`, so that a relation need not name it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no single foreign key to `{P}`",
    label = "no field of type `Id<{P}>`, or more than one",
    note = "give `{Self}` a field of type `Id<{P}>`; if it has several, name one: `{Self} by field`, or `via {Self}(near, far)`"
)]
pub trait References<P: Model>: Model {
    /// [`Req`], or [`Opt`] when the key may be null.
    type Null;

    /// The foreign key.
    const KEY: Fk<Self, P, Self::Null>;
}

/// One `P` has many `C`: the children whose foreign key refers to it.
pub struct Many<P, C> {
    foreign_key: u16,
    marker: PhantomData<fn() -> (P, C)>,
}

impl<P: Model, C: Model> Many<P, C> {
    /// By this foreign key of the child.
    #[must_use]
    pub const fn by<N>(key: Fk<C, P, N>) -> Self {
        Self { foreign_key: key.position, marker: PhantomData }
    }

    /// The place of the foreign key among the child's.
    #[must_use]
    pub const fn foreign_key(self) -> usize {
        self.foreign_key as usize
    }
}

/// One `P` has at most one `C`, since the child's foreign key is unique.
pub struct One<P, C> {
    foreign_key: u16,
    marker: PhantomData<fn() -> (P, C)>,
}

impl<P: Model, C: Model> One<P, C> {
    /// By this foreign key of the child, which is unique: the derive asserts it at the user's token.
    #[doc(hidden)]
    #[must_use]
    pub const fn by<N>(key: Fk<C, P, N>) -> Self {
        Self { foreign_key: key.position, marker: PhantomData }
    }

    /// The place of the foreign key among the child's.
    #[must_use]
    pub const fn foreign_key(self) -> usize {
        self.foreign_key as usize
    }
}

/// Many `P` have many `T`, by way of the association model `J`.
pub struct ManyVia<P: Model, T: Model, J: Model> {
    near: u16,
    far: u16,
    source: fn(&J) -> Option<&Id<P>>,
    target: fn(&J) -> Option<&Id<T>>,
}

impl<P: Model, T: Model, J: Model> ManyVia<P, T, J> {
    /// By these foreign keys of the association: `near` to this side, `far` to the other.
    #[must_use]
    pub const fn by<A, B>(near: Fk<J, P, A>, far: Fk<J, T, B>) -> Self {
        Self { near: near.position, far: far.position, source: near.get, target: far.get }
    }

    /// The place of the association's foreign key to this side.
    #[must_use]
    pub const fn near(self) -> usize {
        self.near as usize
    }

    /// The place of the association's foreign key to the other side.
    #[must_use]
    pub const fn far(self) -> usize {
        self.far as usize
    }

    /// The id on this side.
    #[inline]
    pub fn source(self, link: &J) -> Option<&Id<P>> {
        (self.source)(link)
    }

    /// The id on the other side.
    #[inline]
    pub fn target(self, link: &J) -> Option<&Id<T>> {
        (self.target)(link)
    }
}

/// A named unique index over several columns, whose types are the tuple `C`.
pub struct UniqueIndex<M, C: Columns> {
    index: u16,
    get: for<'a> fn(&'a M) -> C::Refs<'a>,
}

impl<M, C: Columns> UniqueIndex<M, C> {
    /// At place `index` of the model's indexes.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(index: u16, get: for<'a> fn(&'a M) -> C::Refs<'a>) -> Self {
        Self { index, get }
    }

    #[inline]
    pub(crate) const fn index_position(self) -> usize {
        self.index as usize
    }

    /// The row's values in the index's columns.
    #[inline]
    pub fn get(self, row: &M) -> C::Refs<'_> {
        (self.get)(row)
    }
}

macro_rules! constants {
    ($($name:ident<$($parameter:ident $(: $bound:ident)?),+>),* $(,)?) => {$(
        impl<$($parameter $(: $bound)?),+> Clone for $name<$($parameter),+> {
            #[inline]
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($parameter $(: $bound)?),+> Copy for $name<$($parameter),+> {}

        impl<$($parameter $(: $bound)?),+> fmt::Debug for $name<$($parameter),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

constants!(
    Column<M, V, U>,
    Fk<M, P: Model, N>,
    Many<P, C>,
    One<P, C>,
    ManyVia<P: Model, T: Model, J: Model>,
    UniqueIndex<M, C: Columns>,
);
