//! What a model declares, as tables of names and small functions.
//!
//! Everything here is `'static` and made at compile time. The functions take `&M`; the storage erases them behind one
//! set of trampolines per model. None of them is a closure over anything.

use std::any::Any;
use std::hash::Hasher;

use crate::column::Nullness;
use crate::id::ForeignKeyField;
use crate::limit::{Limit, LimitError};
use crate::model::{Model, ModelNumber};
use crate::shape::Shape;
use crate::stored::{Restored, RowReader, Sink, StoredRow};
use crate::value::{CustomKey, Hashing, KeyBuf, TypeInfo, Value, ValueRef};

/// A model, declared.
pub struct Definition<M: 'static> {
    /// The table's name in errors, logs and snapshots.
    pub name: &'static str,
    /// The names that the table had before: `#[was(…)]`.
    pub was: &'static [&'static str],
    /// The struct's name.
    pub rust_name: &'static str,
    /// The struct's documentation comment.
    pub doc: &'static str,
    /// The columns, in field order. At most 128.
    pub columns: &'static [ColumnDef],
    /// What can be done with them in a row.
    pub row: RowOps<M>,
    /// The primary key.
    pub key: KeyDef<M>,
    /// The unique and secondary indexes, in declaration order, without that of the primary key.
    pub indexes: &'static [IndexDef<M>],
    /// The foreign keys, in field order.
    pub foreign_keys: &'static [ForeignKeyDef<M>],
    /// The checks, in declaration order.
    pub checks: &'static [CheckDef<M>],
    /// The relations seen from this side (`has_many`, `has_one`).
    pub relations: &'static [RelationDef],
    /// Makes a row of what is stored of it.
    pub read: fn(&mut RowReader<'_>) -> Restored<M>,
}

impl<M> Definition<M> {
    /// The row of what is stored of it.
    ///
    /// # Errors
    /// It is none of this model's.
    #[inline]
    pub fn restore(&self, row: &mut dyn StoredRow) -> Restored<M> {
        (self.read)(&mut RowReader::new(row, self.columns))
    }
}

/// A column.
#[derive(Clone, Copy)]
pub struct ColumnDef {
    /// The field's name.
    pub name: &'static str,
    /// The field's documentation comment.
    pub doc: &'static str,
    /// What its type is.
    pub type_info: fn() -> TypeInfo,
    /// Never shown in errors.
    pub private: bool,
    /// Set at insert, refused on change.
    pub immutable: bool,
    /// Part of the primary key.
    pub key: bool,
    /// The text of its default, if it has one.
    pub default: Option<&'static str>,
    /// Nobody fills it in: a new row says what it is.
    pub given: bool,
    /// `max_len` or `decimal`.
    pub limit: Option<Limit>,
    /// The names that the column had before: `#[was(…)]`.
    pub was: &'static [&'static str],
    /// What its bytes mean where it is stored.
    pub shape: fn() -> Shape,
    /// What the bytes meant before, where the model says how such a value is converted.
    pub converted_from: Option<fn() -> Shape>,
    /// Rows that were stored without the column get a value: its default, or the null.
    pub filled: bool,
}

/// What the derive says of a column, beginning with [`of`](ColumnDef::of).
impl ColumnDef {
    /// A column of which `V` is stored, and which a new row gives; rows that lack it are filled where `V` has a null.
    #[must_use]
    pub const fn of<V: Value>(name: &'static str, doc: &'static str) -> Self {
        Self {
            name,
            doc,
            type_info: V::describe,
            private: false,
            immutable: false,
            key: false,
            default: None,
            given: true,
            limit: None,
            was: &[],
            shape: Shape::of::<V>,
            converted_from: None,
            filled: <V::Null as Nullness>::NULLABLE,
        }
    }

    /// Part of the primary key.
    #[must_use]
    pub const fn key(self) -> Self {
        Self { key: true, ..self }
    }

    /// Never shown in errors.
    #[must_use]
    pub const fn private(self) -> Self {
        Self { private: true, ..self }
    }

    /// Set at insert, refused on change.
    #[must_use]
    pub const fn immutable(self) -> Self {
        Self { immutable: true, ..self }
    }

    /// Filled in where a new row is completed, by code of which nothing is known.
    #[must_use]
    pub const fn completed(self) -> Self {
        Self { given: false, ..self }
    }

    /// Filled in with a default, of which this is the text.
    #[must_use]
    pub const fn default(self, text: &'static str) -> Self {
        Self { given: false, default: Some(text), ..self }
    }

    /// With a limit.
    #[must_use]
    pub const fn limit(self, limit: Limit) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// Called differently before.
    #[must_use]
    pub const fn was(self, was: &'static [&'static str]) -> Self {
        Self { was, ..self }
    }

    /// Of type `Old` before.
    #[must_use]
    pub const fn converted_from<Old: Value>(self) -> Self {
        Self { converted_from: Some(Shape::of::<Old>), ..self }
    }

    /// Rows that lack it get its default.
    #[must_use]
    pub const fn filled(self) -> Self {
        Self { filled: true, ..self }
    }
}

/// What can be done with the columns of a row: a function for all of them, which is told the column's number.
pub struct RowOps<M: 'static> {
    /// The value, shown.
    pub view: fn(&M, u16) -> ValueRef<'_>,
    /// The columns in which two rows are not the [same](Value::same).
    pub differing: fn(&M, &M) -> ColumnSet,
    /// Writes the value.
    pub write: fn(&M, u16, &mut dyn Sink),
    /// Enforces the column's limit, and brings a decimal to its scale.
    pub enforce: fn(&mut M, u16) -> Result<(), LimitError>,
}

/// Which columns: one bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ColumnSet(pub u128);

impl ColumnSet {
    /// No column.
    pub const EMPTY: Self = Self(0);
    /// Every column.
    pub const ALL: Self = Self(u128::MAX);

    /// The set of these columns.
    #[must_use]
    pub const fn of(columns: &[u16]) -> Self {
        let mut bits = 0;
        let mut next = 0;
        while next < columns.len() {
            bits |= 1_u128 << columns[next];
            next += 1;
        }
        Self(bits)
    }

    /// The columns for which two rows do not agree, of whether they do, for each in order.
    #[must_use]
    #[inline]
    pub const fn unequal<const N: usize>(equal: [bool; N]) -> Self {
        let mut set = Self::EMPTY;
        let mut next = 0;
        while next < N {
            set.0 |= (!equal[next] as u128) << next;
            next += 1;
        }
        set
    }

    /// The same columns, each so many places further: where these are the columns of a part of a row that begins there.
    #[must_use]
    #[inline]
    pub const fn behind(self, first: u16) -> Self {
        Self(self.0 << first)
    }

    /// Adds a column.
    pub const fn insert(&mut self, column: u16) {
        self.0 |= 1 << column;
    }

    /// Is the column among them?
    #[must_use]
    pub const fn contains(self, column: u16) -> bool {
        self.0 & 1 << column != 0
    }

    /// Is any of `columns` among them?
    #[must_use]
    pub fn touches(self, columns: &[u16]) -> bool {
        columns.iter().any(|column| self.contains(*column))
    }

    /// These columns but for `columns`.
    #[must_use]
    pub const fn without(self, columns: &[u16]) -> Self {
        Self(self.0 & !Self::of(columns).0)
    }

    /// The columns that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The columns that are in one of them.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The columns, in order.
    pub fn iter(self) -> impl Iterator<Item = u16> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let column = (rest != 0).then(|| rest.trailing_zeros() as u16)?;
            rest &= rest - 1;
            Some(column)
        })
    }

    /// No column at all?
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// How a table's keys come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// 1, 2, 3, …, assigned by the engine.
    Auto,
    /// A UUID made by the engine; the version (7 or 4).
    Uuid(u8),
    /// Whatever the row says: one column or several.
    Natural,
}

/// The primary key.
pub struct KeyDef<M: 'static> {
    /// How keys come about.
    pub kind: KeyKind,
    /// Its name in errors, `users_pkey`, its columns and its functions.
    pub index: IndexDef<M>,
}

/// What an index is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    /// At most one row for each key; found by hash. Keys with a null are not in it.
    Unique,
    /// Any number of rows for each key; found by hash.
    Hash,
    /// Any number of rows for each key; in the order of the keys.
    Ordered,
}

/// An index.
pub struct IndexDef<M: 'static> {
    /// Its name: `users_email_key` for a unique one, `products_name_idx` for another, or as given.
    pub name: &'static str,
    /// Its columns, in order. None, where it is over a hybrid.
    pub columns: &'static [u16],
    /// The name of the hybrid that it is over.
    pub hybrid: Option<&'static str>,
    /// What it is for.
    pub kind: IndexKind,
    /// The hash of a row's key. `None`: not in the index. For unique and hash indexes.
    pub hash: fn(&M, &Hashing) -> Option<u64>,
    /// For each of its columns, or for its hybrid: how a value hashes that has no row. One after the other, by
    /// [`Hashing::hash_values`], they give what `hash` gives for a row with these values. Of ordered indexes and of numbered
    /// primary keys, which are not found by hash, there are none.
    pub hash_plain: &'static [HashPlain],
    /// Have two rows the same key?
    pub equal: fn(&M, &M) -> bool,
    /// The value of its hybrid as text; `•••` if it is private.
    pub show: Option<fn(&M) -> String>,
    /// How its keys order. For ordered indexes.
    pub order: Option<OrderedOps<M>>,
}

impl<M> IndexDef<M> {
    /// May a row have another key once these columns have changed? What a hybrid reads of its row nobody knows.
    #[must_use]
    pub fn is_touched_by(&self, changed: ColumnSet) -> bool {
        match self.hybrid {
            Some(_) => !changed.is_empty(),
            None => changed.touches(self.columns),
        }
    }
}

/// Entries are tables of names and functions: a mixin's are copied into the definition of each model that embeds it.
macro_rules! copied {
    ($($entry:ident),*) => {$(
        impl<M> Clone for $entry<M> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<M> Copy for $entry<M> {}
    )*};
}

copied!(RowOps, IndexDef, OrderedOps, ForeignKeyDef, CheckDef);

/// How a value without a row hashes in an index: one that is not null, of the type of the index's column without its
/// `Option`. `None` or false of any other type.
#[derive(Clone, Copy)]
pub struct HashPlain {
    /// As one of several columns.
    pub among: fn(&dyn Any, &mut dyn Hasher) -> bool,
    /// As the only column.
    pub alone: fn(&dyn Any, &Hashing) -> Option<u64>,
}

/// Makes a row's key with an `Ord` of its own.
pub type CustomKeyOf<M> = fn(&M) -> Box<dyn CustomKey>;

/// The functions of an ordered index.
pub struct OrderedOps<M: 'static> {
    /// The width of every encoded key, if all have the same.
    pub width: Option<usize>,
    /// Appends a row's key.
    pub encode: fn(&M, &mut KeyBuf),
    /// A row's key as a clone with its own `Ord`, when a column has no encoding.
    pub custom: Option<CustomKeyOf<M>>,
    /// The first disagreement between a fieldless enum's `Ord` and its order of variants, as text.
    pub verify: fn() -> Option<String>,
}

/// What happens to a referring row when its parent is deleted, or its parent's key changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The statement is refused.
    Restrict,
    /// The row is deleted too, or follows the new key.
    Cascade,
    /// The foreign key becomes null.
    SetNull,
    /// The foreign key takes its default.
    SetDefault,
}

impl Action {
    /// As it is written in attributes and errors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Restrict => "restrict",
            Self::Cascade => "cascade",
            Self::SetNull => "set_null",
            Self::SetDefault => "set_default",
        }
    }
}

/// A foreign key.
pub struct ForeignKeyDef<M: 'static> {
    /// Its name, `orders_user_id_fkey`.
    pub name: &'static str,
    /// The column that holds it.
    pub column: u16,
    /// May it be null?
    pub nullable: bool,
    /// May no row be its own ancestor by it? Then it refers to rows of its own model.
    pub acyclic: bool,
    /// The model it refers to.
    pub target: fn() -> ModelRef,
    /// When the parent is deleted.
    pub on_delete: Action,
    /// When the parent's key changes.
    pub on_update: Action,
    /// The number it holds, when the parent's keys are numbers.
    pub number: fn(&M) -> Option<u64>,
    /// The hash of the key it holds, as the parent's key index makes it. `None`: null.
    pub hash: fn(&M, &Hashing) -> Option<u64>,
    /// Does it refer to this row of the parent's table?
    pub refers: fn(&M, &dyn Any) -> bool,
    /// Lets it refer to this row of the parent's table (`None`: to nothing); false when it cannot.
    pub point: fn(&mut M, Option<&dyn Any>) -> bool,
    /// Gives it its default.
    pub reset: Option<fn(&mut M)>,
}

/// Helpers for what the derive writes into a [`ForeignKeyDef`], generic over the field.
pub mod foreign_key {
    use super::{Any, ForeignKeyField, Hashing, Model};

    /// The number a field holds.
    #[inline]
    pub fn number<F: ForeignKeyField>(field: &F) -> Option<u64> {
        field.target().and_then(crate::Id::number)
    }

    /// The hash of the key a field holds.
    pub fn hash<F: ForeignKeyField>(field: &F, hashing: &Hashing) -> Option<u64> {
        field.target().map(|id| hashing.hash(id.key()))
    }

    /// Does a field refer to `parent`?
    pub fn refers<F: ForeignKeyField>(field: &F, parent: &dyn Any) -> bool {
        let parent = parent.downcast_ref::<F::Target>();
        parent.zip(field.target()).is_some_and(|(parent, id)| parent.id() == *id)
    }

    /// Lets a field refer to `parent`.
    pub fn point<F: ForeignKeyField>(field: &mut F, parent: Option<&dyn Any>) -> bool {
        match parent.map(|parent| parent.downcast_ref::<F::Target>()) {
            None => field.point(None),
            Some(None) => false,
            Some(Some(parent)) => field.point(Some(parent.id())),
        }
    }
}

/// A check: a condition that every row meets.
pub struct CheckDef<M: 'static> {
    /// Its name.
    pub name: &'static str,
    /// The condition as written.
    pub text: &'static str,
    /// The columns it names.
    pub columns: &'static [u16],
    /// Is it met?
    pub test: fn(&M) -> bool,
}

/// What kind of relation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// One parent, many children.
    Many,
    /// One parent, at most one child.
    One,
    /// Many to many, by way of an association model.
    ManyVia,
}

/// A relation seen from the parent.
pub struct RelationDef {
    /// Its name, which is that of the method.
    pub name: &'static str,
    /// What kind it is.
    pub kind: RelationKind,
    /// The model on the other side.
    pub target: fn() -> ModelRef,
    /// The association model, for many to many.
    pub via: Option<fn() -> ModelRef>,
}

/// A model without its type.
#[derive(Clone, Copy, Debug)]
pub struct ModelRef {
    /// The table's name.
    pub table: &'static str,
    /// The model's number.
    pub number: &'static ModelNumber,
}

impl ModelRef {
    /// The reference to `M`.
    #[must_use]
    pub fn of<M: Model>() -> Self {
        Self { table: M::DEFINITION.name, number: M::number() }
    }
}
