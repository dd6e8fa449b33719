//! Tables, rows and values by name: for tools that do not know the models.
//!
//! ```text
//! db.schema()                       what there is: tables, columns, keys, rules, relations, with their documentation
//! snap.table("users")?              a table of a view
//!     .row("7")?                    a row, by its key
//!     .value("email")?              a value, as data
//! tx.insert_into("users", values)?  the ordinary way in: defaults, constraints, everything
//! ```
//!
//! Nothing here is generated for a model but how a row is completed whose values come by name. A value is read as the model
//! [views](bondstone_schema::Value::view) it, and made as it is made of what is stored: by its [`Shape`], which says what its
//! parts are. So a value that was made by name is one that could have been written in Rust, and whatever the model refuses is
//! refused here.
//!
//! Columns that are `#[private]` are there for those who ask: [`Table::with_private`].
//!
//! | module | noun |
//! |---|---|
//! | `catalog` | the models of this process, without their types |
//! | `table` | tables and rows of a view |
//! | `value` | owned values |
//! | `encode`, `decode` | values by their shapes |
//! | `json` | JSON in a column |
//! | `parts` | a value in parts, one after the other |
//! | `named` | rows made of values by name |
//! | `write` | inserting, updating, deleting by name |
//! | `import` | many rows from outside |

pub(crate) mod catalog;
mod decode;
mod encode;
#[cfg(feature = "serde")]
pub(crate) mod import;
#[cfg(feature = "json")]
mod json;
#[doc(hidden)]
pub(crate) mod named;
mod parts;
mod table;
mod value;
mod write;

pub use bondstone_schema::schema::{
    CheckSchema, ColumnSchema, ForeignKeySchema, IndexSchema, KeySchema, RelationSchema,
    TableSchema,
};
pub use bondstone_schema::{IndexKind, KeyKind, Limit, RelationKind, Shape, TypeInfo, ValueRef};

pub(crate) use catalog::register;
#[cfg(any(feature = "csv", feature = "proptest"))]
pub(crate) use decode::may_be_null;
#[cfg(feature = "serde")]
pub use import::{Imported, RefusedRow};
pub use table::{Row, Rows, Table};
pub use value::ValueBuf;
