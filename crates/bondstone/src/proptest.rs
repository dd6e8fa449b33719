//! Rows by chance, for property tests of models: of any model, valid by its schema. Feature `proptest`.
//!
//! ```
//! use bondstone::prelude::*;
//! use bondstone::proptest::{any_new, any_rows};
//! use proptest::prelude::*;
//!
//! #[derive(Clone, Debug, Model)]
//! #[table("users")]
//! #[has_many(orders: Order)]
//! struct User {
//!     #[key]
//!     id: Id<User>,
//!     #[max_len(20)]
//!     name: String,
//! }
//!
//! #[derive(Clone, Debug, Model)]
//! #[table("orders")]
//! #[check(some: self.quantity > 0)]
//! struct Order {
//!     #[key]
//!     id: Id<Order>,
//!     user_id: Id<User>,
//!     quantity: i32,
//! }
//!
//! // Whoever is ordered for, stays.
//! proptest!(|(rows in any_rows::<User>(0..20), order in any_new::<Order>())| {
//!     let db = rows.database();
//!     let order = db.write(|tx| tx.insert(order));
//!     prop_assert_eq!(order.is_ok(), db.read().count::<User>() > 0);
//!     if let Ok(order) = order {
//!         let user = db.read()[order].user_id;
//!         prop_assert!(db.write(|tx| tx.delete(user).map(drop)).is_err());
//!     }
//!     prop_assert!(db.check().unwrap().is_empty());
//! });
//! ```
//!
//! What is generated are the values that a `New…` of the model has, those without a default, as the [schema](crate::Schema) says
//! them: texts within `#[max_len]`, decimals within `#[decimal]`, variants of enums, nulls where there may be some. Numbers are small
//! more often than not.
//!
//! * **A foreign key** is a choice that is made when the row is inserted: among the rows that its table has by then. A required one
//!   is refused where there is none.
//! * **A check** cannot be known beforehand. The values of the columns that it names are tried anew, a few dozen times; then it
//!   refuses.
//! * **A unique key** may be met twice, and then refuses. So do types with a rule of their own, unless most values keep it.
//!
//! | module | noun |
//! |---|---|
//! | `value` | values of any shape |
//! | `draft` | a row of any table, to be inserted |
//! | `rows` | rows of all tables of a database |

mod draft;
mod rows;
mod value;

use std::fmt;
use std::marker::PhantomData;

use ::proptest::strategy::Strategy;

pub use rows::{AnyRows, any_rows};

use crate::entity::{Models, New, Roots};
use crate::error::Result;
use crate::fill::Fill;
use crate::singleton::Plural;
use crate::transaction::test_checks;
use draft::{Draft, Drafter};

/// A row of `M` by chance, to be inserted as a `New…` of it is: what [`any_new`] gives.
pub struct AnyNew<M> {
    draft: Draft,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for AnyNew<M> {
    fn clone(&self) -> Self {
        Self { draft: self.draft.clone(), model: PhantomData }
    }
}

impl<M> fmt::Debug for AnyNew<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.draft.fmt(f)
    }
}

/// Any new row of a model: see [the module](self).
///
/// `tx.insert_with(row, |row| …)` sets what chance should not say.
pub fn any_new<M: Plural>() -> impl Strategy<Value = AnyNew<M>> + Clone {
    let mut models = Models::default();
    M::add_to(&mut models);
    let table = models.schema.tables().iter().find(|table| table.name == M::DEFINITION.name);
    let drafter = table.map(Drafter::of).unwrap_or_default();
    drafter.strategy().prop_map(|draft| AnyNew { draft, model: PhantomData })
}

impl<M: Plural> New for AnyNew<M> {
    type Model = M;

    fn complete(self, tx: &mut Fill<'_>) -> Result<M> {
        self.draft.until_met(|draft| {
            let row = draft.complete::<M>(tx)?;
            // What no attempt meets is for the engine to refuse, or for `insert_with` to set right.
            let unmet = test_checks(&row).err();
            Ok((row, unmet))
        })
    }
}
