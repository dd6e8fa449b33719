//! The vocabulary of bondstone: what a model is, written down as plain data.
//!
//! A model's derive fills a [`Definition`] of columns, keys, indexes, foreign keys and checks: tables of names and small
//! functions over `&M`, made at compile time. The engine reads them; nothing here stores a row or knows what a
//! transaction is. Users meet this crate through `bondstone`, which re-exports what they need.
//!
//! | module | noun |
//! |---|---|
//! | [`value`] | a column's type: what may stand in a field, how it is shown, compared and ordered |
//! | [`variants`] | enums with data, as queries see them |
//! | [`codec`] | foreign types as columns |
//! | [`id`] | `Id<M>`, the typed primary key |
//! | [`definition`] | what a model declares |
//! | [`model`] | the trait that ties a struct to its definition |
//! | [`mod@column`] | the constants of a model: columns, foreign keys, relations, unique indexes |
//! | [`computed`] | computed columns: the constants of hybrids |
//! | [`path`], [`calc`], [`term`] | columns of other models, calculations, what they are compared with: what queries are made of |
//! | [`lookup`] | what may be looked up in a unique key |
//! | [`limit`] | `max_len` and `decimal` |
//! | [`stored`] | values as bytes: what writes itself where, what reads itself from where |
//! | [`shape`] | what those bytes mean, as a tree and as text |
//! | [`schema`] | several definitions together, verified |

pub mod calc;
pub mod codec;
pub mod column;
pub mod computed;
pub mod definition;
pub mod id;
pub mod index_key;
pub mod limit;
pub mod lookup;
pub mod model;
pub mod path;
pub mod schema;
pub mod shape;
pub mod stored;
pub mod term;
pub mod value;
pub mod variants;

pub use calc::{Calc, Cast, Convert, Number, Operation};
pub use codec::{AsText, Codec};
pub use column::{
    Column, Fk, Many, ManyVia, Nullness, One, Opt, Plain, References, Req, Uniq, UniqueIndex,
};
pub use computed::Computed;
pub use definition::{
    Action, CheckDef, ColumnDef, ColumnSet, Definition, ForeignKeyDef, HashPlain, IndexDef,
    IndexKind, KeyDef, KeyKind, ModelRef, OrderedOps, RelationDef, RelationKind, RowOps,
};
pub use id::{AutoKey, ForeignKeyField, Id, Key};
pub use limit::{Limit, LimitError};
pub use lookup::{Columns, Lookup, Operand, UniqueKey};
pub use model::{Model, ModelNumber};
pub use path::{Hop, Path};
pub use schema::{Schema, SchemaError, TableLayout};
pub use shape::{Nesting, PartKind, Primitive, Shape, ShapeError};
pub use stored::{Malformed, Sink, Source, StoredColumn, StoredRow};
pub use term::{Constant, IntoTerm, IntoValue, Param};
pub use value::{CustomKey, Hashing, KeyBuf, Owned, Part, Row, TypeInfo, Value, ValueRef, Viewed};
pub use variants::{Case, Variants};
