//! bondstone keeps a program's objects: structs of your own in typed arenas, with keys, unique and secondary indexes,
//! checks and foreign keys that are enforced, relations, transactions, and snapshots that readers never wait for.
//!
//! ```
//! use bondstone::prelude::*;
//!
//! #[derive(Clone, Debug, Model)]
//! #[table("users")]
//! #[has_many(orders: Order)]
//! struct User {
//!     #[key]
//!     id: Id<User>,
//!     #[unique]
//!     email: String,
//!     #[default(0)]
//!     #[index]
//!     age: u32,
//! }
//!
//! #[derive(Clone, Debug, Model)]
//! #[table("orders")]
//! #[check(positive: self.quantity > 0)]
//! struct Order {
//!     #[key]
//!     id: Id<Order>,
//!     #[on_delete(cascade)]
//!     user_id: Id<User>,
//!     quantity: u32,
//! }
//!
//! let db = Database::builder().models::<User>().in_memory()?;
//! let ann = db.write(|tx| tx.insert(NewUser { email: "ann@x.org".into() }))?;
//! assert_eq!(db.read()[ann].orders(&db.read()).count(), 0);
//! # Ok::<(), Error>(())
//! ```
//!
//! The other examples of this reference use these two models, this database, and the user `ann`. A database is opened by
//! [`Database::builder`], written through a [`Tx`] and read through a [`Snapshot`]; both are a [`View`]. How models are
//! declared says [`#[derive(Model)]`](macro@Model).
//!
//! Modules, each using only those above it:
//!
//! | module | noun |
//! |---|---|
//! | `error` | what can go wrong, in words |
//! | `environment`, `fill` | clock and randomness; what completes a row |
//! | `view`, `snapshot` | one consistent state, and how to hold it |
//! | `derived` | hybrids that read other rows |
//! | `expression`, `predicate` | what can be read of a row; what a row must be like |
//! | `ranged`, `related` | rows in the order of a column; traversal |
//! | `query` | which rows, in which order, and what of them: plans, groups, joins, pages |
//! | `hierarchy` | up and down a model that refers to itself |
//! | `change`, `plan` | what a transaction did; what a delete entails |
//! | `hooks` | who is called when something is written, committed, loaded |
//! | `entity` | what the engine asks of a model |
//! | `mixin` | columns that models share |
//! | `transaction` | the one write path |
//! | `singleton` | tables of one row |
//! | `feed` | what is committed, for those who follow |
//! | `database` | what a program opens |
//! | `live` | queries whose result is kept up to date |
//! | [`reflect`] | tables, rows and values by name |

// Derived code names this crate, also in this crate's own tests and examples.
extern crate self as bondstone;

mod change;
#[cfg(feature = "csv")]
pub mod csv;
mod database;
#[cfg(feature = "decimal")]
mod decimal;
mod derived;
#[cfg(feature = "persist")]
mod durability;
mod entity;
mod environment;
mod error;
mod expression;
mod feed;
mod fill;
#[cfg(doctest)]
mod guide;
mod hierarchy;
mod hooks;
#[cfg(feature = "serde")]
pub mod json;
mod live;
mod mixin;
mod plan;
mod predicate;
#[cfg(feature = "proptest")]
pub mod proptest;
mod query;
mod ranged;
pub mod reflect;
mod related;
mod singleton;
mod snapshot;
mod table_view;
mod transaction;
mod view;

/// The files below: errors, and the file system that they are on.
#[cfg(feature = "persist")]
pub use bondstone_persist::{self as files, vfs};

pub use bondstone_derive::{Mixin, Model, Value, Variants, hybrid};
pub use bondstone_schema::{
    Action, AsText, AutoKey, Case, Codec, Column, Computed, Fk, Id, Key, Many, ManyVia, Model, One,
    Schema, UniqueIndex, Value, Variants,
};
pub use bondstone_storage::{Backlog, Handle, RawHandle};

pub use change::{Change, ChangeSet, Changes};
pub use database::{Builder, Database, WeakDatabase};
pub use derived::Derived;
#[cfg(feature = "persist")]
pub use durability::{
    Checkpoint, Durable, Level, MigrationPlan, Opened, Progress, Verified, verify, verify_in,
};
pub use entity::{Entity, Models, New, Roots};
pub use error::{Error, Result, Rule, Veto, Violation};
#[cfg(feature = "json")]
pub use expression::json::{JsonAs, JsonAt, JsonExpression};
pub use expression::variant::{CaseExpression, Field, Tag, VariantExpression};
pub use expression::{Expression, Term};
pub use feed::{Feed, Lagged, Notice};
pub use fill::Fill;
pub use hierarchy::{Ancestors, Descendants, Hierarchy, RowOrId};
pub use hooks::{
    Assignment, HookKey, HookKind, HookPanic, Hooks, OpeningHooks, Rollback, SetColumn,
};
pub use live::{Changed, Delta, Live};
pub use mixin::{Embeds, Mixin};
pub use plan::{DeletePlan, PlanStep};
pub use predicate::{CountOf, IntoRange, Pred, RelatedTo, TextExpression, ToMany, ToOne};
pub use query::join::{Join, JoinKind, JoinSide, Pairs, Side};
pub use query::with::{
    Alone, And, Branch, Fetch, FetchKind, Fetching, Follow, Lent, Relation, Several, Shape, Then,
    With,
};
pub use query::{
    Arguments, Bring, Cursor, CursorError, Distinct, GroupBy, Groups, IntoOrder, Matches, Order,
    Page, Plan, PlanKind, PlanLine, Prepared, Query, Run, Selected, Selection, aggregate,
};
pub use ranged::{RangeKey, Ranged, RangedIds};
pub use related::{Related, RelatedIter, Traverse};
pub use singleton::{Plural, Singleton};
pub use snapshot::Snapshot;
pub use table_view::TableView;
pub use transaction::{Commit, Deleted, LinkChanges, Links, Tx, Upserted, Versioned};
pub use view::View;

/// What a program that uses bondstone usually wants: `use bondstone::prelude::*;`
pub mod prelude {
    #[cfg(feature = "json")]
    pub use crate::JsonExpression;
    pub use crate::aggregate::{Aggregate, AggregateExpression, Measure, count, count_if, sum_if};
    #[cfg(feature = "decimal")]
    pub use crate::dec;
    pub use crate::{
        CaseExpression, Change, Database, Deleted, Embeds, Entity, Error, Expression, Handle,
        Hierarchy, Id, Mixin, Model, New, Plural, Pred, Query, Related, Relation, Snapshot,
        TextExpression, ToMany, ToOne, Traverse, Tx, Upserted, Value, VariantExpression, Variants,
        View, hybrid,
    };
    #[cfg(feature = "jiff")]
    pub use jiff::{Timestamp, civil::Date};
    #[cfg(feature = "decimal")]
    pub use rust_decimal::Decimal;
    #[cfg(feature = "uuid")]
    pub use uuid::Uuid;
}

/// What derived code names. Not for use by hand.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "decimal")]
    pub use crate::decimal::decimal;
    pub use crate::mixin::lift;
    pub use crate::transaction::VersionColumn;
    pub mod mixin {
        pub use crate::mixin::*;
    }
    pub use crate::related::{child, children, linked, optional_parent, required_parent};
    pub use bondstone_schema::definition::{self, foreign_key};
    pub use bondstone_schema::limit;
    pub use bondstone_schema::*;
    #[cfg(feature = "uuid")]
    pub use uuid::Uuid;
}
