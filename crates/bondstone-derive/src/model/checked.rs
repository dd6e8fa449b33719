//! The model that is meant: everything is decided here, and the expansion only writes it down.
//!
//! Columns, indexes and foreign keys are named by their positions, which are those of the generated definition.

use proc_macro2::{Ident, TokenStream};
use syn::{Path, Type, Visibility};

use super::attribute::Way;
use crate::source::Expression;

/// A model.
pub struct Model {
    /// The struct's name.
    pub ident: Ident,
    /// The struct's visibility.
    pub visibility: Visibility,
    /// The struct's documentation.
    pub doc: String,
    /// The table's name.
    pub table: String,
    /// The names that the table had before.
    pub was: Vec<String>,
    /// The columns, in field order; those of mixins follow, and are not among them.
    pub columns: Vec<Column>,
    /// The mixins, in field order.
    pub mixins: Vec<Embedded>,
    /// Has it one row, without a key?
    pub singleton: bool,
    /// Is it a mixin itself?
    pub is_mixin: bool,
    /// The primary key.
    pub key: Key,
    /// Unique and secondary indexes: those of single fields first, in field order, then the struct's as written.
    pub indexes: Vec<Index>,
    /// The foreign keys, in field order.
    pub foreign_keys: Vec<ForeignKey>,
    /// The checks, as written.
    pub checks: Vec<Check>,
    /// The relations seen from this side, `has_many` before `has_one`.
    pub relations: Vec<Relation>,
}

/// A column.
pub struct Column {
    /// The field.
    pub ident: Ident,
    /// The field's name without `r#`.
    pub name: String,
    /// Its constant.
    pub constant: Ident,
    /// Its type, with the model's name for `Self`.
    pub ty: Type,
    /// Its visibility.
    pub visibility: Visibility,
    /// Its documentation.
    pub doc: String,
    /// Part of the primary key.
    pub key: bool,
    /// `#[immutable]`
    pub immutable: bool,
    /// `#[private]`
    pub private: bool,
    /// `#[version]`
    pub version: bool,
    /// `#[codec]`, for an `Option` if the field is one.
    pub codec: Option<Codec>,
    /// `#[max_len]` or `#[decimal]`
    pub limit: Option<Limit>,
    /// Where the value of a new row comes from.
    pub origin: Origin,
    /// The value after an update.
    pub on_update: Option<Expression>,
    /// The names that the column had before.
    pub was: Vec<String>,
    /// The type that it had before, and what makes a new value of an old one.
    pub converted_from: Option<(TokenStream, Path)>,
}

/// How a column of a foreign type is stored.
pub struct Codec {
    /// The codec.
    pub ty: Type,
    /// Is the field an `Option` of what it stores?
    pub optional: bool,
}

/// A mixin that the model embeds.
pub struct Embedded {
    /// The field.
    pub ident: Ident,
    /// The mixin.
    pub ty: Type,
    /// Its visibility.
    pub visibility: Visibility,
    /// Its documentation.
    pub doc: String,
    /// Does a new row give the fields without a default?
    pub given: bool,
}

/// A column, of the model or of one of its mixins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// Of the model: its position.
    Own(usize),
    /// Of a mixin, of which the field's name is all that is known.
    Embedded {
        /// The mixin's position.
        mixin: usize,
        /// The field.
        field: Ident,
    },
}

/// A column's limit.
pub enum Limit {
    /// Characters.
    MaxLen(TokenStream),
    /// Digits and places.
    Decimal(u32, u32),
}

/// Where the value of a new row comes from.
pub enum Origin {
    /// From the user: a field of `NewUser`.
    Given,
    /// `#[default]`
    DefaultValue,
    /// `#[default(expression)]`
    Default(Expression),
    /// `#[on_insert(expression)]`
    OnInsert(Expression),
    /// From the engine, which makes the key.
    Engine,
}

/// The primary key.
pub struct Key {
    /// How keys come about.
    pub kind: KeyKind,
    /// Its columns.
    pub columns: Vec<usize>,
}

/// How keys come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// 1, 2, 3, …
    Auto,
    /// A UUID of this version.
    Uuid(u8),
    /// What the row says.
    Natural,
}

/// An index.
pub struct Index {
    /// Its name in errors.
    pub name: String,
    /// Its columns. None, where it is over a hybrid.
    pub columns: Vec<Member>,
    /// The constant of the hybrid that it is over.
    pub hybrid: Option<Ident>,
    /// The column, and what of its values it is over.
    pub part: Option<(usize, Part)>,
    /// What it is for.
    pub kind: IndexKind,
    /// The constant of a named unique index.
    pub constant: Option<Ident>,
}

/// What of a column's values an index is over.
#[derive(Clone)]
pub enum Part {
    /// Of an enum with data: `tag`, or the constant of a variant's field.
    Variant(Ident),
    /// What a codec makes of them.
    Encoded,
}

/// What an index is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    /// At most one row for each key.
    Unique,
    /// By hash.
    Hash,
    /// In order.
    Ordered,
}

/// What happens to a foreign key when its parent goes or moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The statement is refused.
    Restrict,
    /// The row goes too, or follows.
    Cascade,
    /// The key becomes null.
    SetNull,
    /// The key takes its default.
    SetDefault,
}

impl Action {
    /// As it is written.
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
pub struct ForeignKey {
    /// Its column.
    pub column: usize,
    /// The model it refers to.
    pub target: Path,
    /// May it be null?
    pub nullable: bool,
    /// Does at most one row refer to each parent?
    pub unique: bool,
    /// Is it the only foreign key to that model?
    pub only: bool,
    /// May no row be its own ancestor by it?
    pub acyclic: bool,
    /// When the parent is deleted.
    pub on_delete: Action,
    /// When the parent's key changes.
    pub on_update: Action,
    /// The method that goes to the parent.
    pub method: Ident,
}

/// A check.
pub struct Check {
    /// Its name.
    pub name: String,
    /// The condition as written.
    pub text: String,
    /// The columns it names.
    pub columns: Vec<Member>,
    /// The condition.
    pub condition: TokenStream,
}

/// A relation seen from the parent.
pub struct Relation {
    /// Its method.
    pub method: Ident,
    /// Its constant.
    pub constant: Ident,
    /// Its name without `r#`.
    pub name: String,
    /// The model on the other side.
    pub target: Path,
    /// How to get there.
    pub way: Way,
    /// At most one row on the other side?
    pub one: bool,
}
