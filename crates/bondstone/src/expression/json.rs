//! What is inside of JSON, as expressions.

use std::sync::Arc;

use bondstone_schema::{Column, IntoTerm, Model, Opt, Value};
use serde_json::Value as Json;

use super::{Access, At, Expression};
use crate::predicate::Effort;

/// A column of JSON: what is inside, by [pointers](https://www.rfc-editor.org/rfc/rfc6901) such as `"/user/names/0"`.
///
/// ```
/// use bondstone::prelude::*;
/// use serde_json::{Value as Json, json};
///
/// #[derive(Clone, Debug, Model)]
/// struct Event {
///     #[key]
///     id: Id<Event>,
///     data: Json,
/// }
///
/// let db = Database::builder().models::<Event>().in_memory()?;
/// db.write(|tx| {
///     tx.insert(NewEvent { data: json!({ "user": { "name": "Ann" }, "clicks": [3, 7] }) })?;
///     tx.insert(NewEvent { data: json!({ "user": null }) })
/// })?;
/// let snap = db.read();
/// let count = |condition| snap.query::<Event>().filter(condition).count();
/// assert_eq!(count(Event::DATA.at("/user/name").as_text().starts_with("A")), 1);
/// assert_eq!(count(Event::DATA.at("/clicks/1").as_int().gt(5)), 1);
/// assert_eq!(count(Event::DATA.at("/user").eq(Json::Null)), 1);
/// assert_eq!(count(Event::DATA.at("/clicks").is_none()), 1);
/// # Ok::<(), Error>(())
/// ```
///
/// Each row that is judged is walked along the pointer. Where that costs too much, a hybrid that returns the value can be
/// indexed.
pub trait JsonExpression<M: Model> {
    /// What the pointer leads to; null (not JSON's) where there is nothing.
    fn at(self, pointer: &str) -> JsonAt<Self>
    where
        Self: Sized;
}

impl<M: Model, V: Value<Plain = Json>, U: 'static> JsonExpression<M> for Column<M, V, U> {
    fn at(self, pointer: &str) -> JsonAt<Self> {
        JsonAt { column: self, pointer: pointer.into() }
    }
}

/// A part of a column's JSON: [`JsonExpression::at`].
#[derive(Clone, Debug)]
pub struct JsonAt<C> {
    column: C,
    pointer: Arc<str>,
}

/// A part of a column's JSON that is a text, a number or a truth value; of any other kind it is null.
#[derive(Clone, Debug)]
pub struct JsonAs<C, T> {
    of: JsonAt<C>,
    seen: fn(&Json) -> Option<T>,
}

impl<C> JsonAt<C> {
    /// Its text, if it is one.
    #[must_use]
    pub fn as_text(self) -> JsonAs<C, String> {
        JsonAs { of: self, seen: |json| json.as_str().map(str::to_owned) }
    }

    /// Its number, if it is a whole one from -2^63 to 2^63 - 1.
    #[must_use]
    pub fn as_int(self) -> JsonAs<C, i64> {
        JsonAs { of: self, seen: Json::as_i64 }
    }

    /// Its number, as a float, if it is one.
    #[must_use]
    pub fn as_float(self) -> JsonAs<C, f64> {
        JsonAs { of: self, seen: Json::as_f64 }
    }

    /// Its truth value, if it is one.
    #[must_use]
    pub fn as_bool(self) -> JsonAs<C, bool> {
        JsonAs { of: self, seen: Json::as_bool }
    }
}

impl<M: Model, V: Value<Plain = Json>, U: 'static> Expression<M> for JsonAt<Column<M, V, U>> {
    type Value = Json;
    type Null = Opt;
    type Seen<'v> = &'v Json;

    fn see<'v>(&self, row: &'v M, _at: At<'v, '_>) -> Option<&'v Json> {
        self.column.get(row).plain()?.pointer(&self.pointer)
    }

    fn access(&self) -> Access {
        Access::None
    }

    fn effort(&self) -> Effort {
        Effort::Owned
    }

    fn text(&self) -> String {
        format!("{}{}", self.column.name(), self.pointer)
    }

    fn is_private(&self) -> bool {
        Expression::<M>::is_private(&self.column)
    }
}

impl<M: Model, C, T: Value<Plain = T>> Expression<M> for JsonAs<C, T>
where
    JsonAt<C>: for<'v> Expression<M, Value = Json, Seen<'v> = &'v Json>,
    C: Clone + Send + Sync + 'static,
{
    type Value = T;
    type Null = Opt;
    type Seen<'v> = T;

    fn see<'v>(&self, row: &'v M, at: At<'v, '_>) -> Option<T> {
        (self.seen)(self.of.see(row, at)?)
    }

    fn effort(&self) -> Effort {
        Effort::Owned
    }

    fn text(&self) -> String {
        Expression::<M>::text(&self.of)
    }

    fn is_private(&self) -> bool {
        Expression::<M>::is_private(&self.of)
    }
}

impl<M, W, C> IntoTerm<M, W> for JsonAt<C> {
    type Term = Self;

    fn into_term(self) -> Self {
        self
    }
}

impl<M, W, C, T> IntoTerm<M, W> for JsonAs<C, T> {
    type Term = Self;

    fn into_term(self) -> Self {
        self
    }
}
