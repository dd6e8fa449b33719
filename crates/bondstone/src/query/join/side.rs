//! What stands on the right of a join.

use bondstone_schema::Model;

use super::super::Query;
use crate::expression::Expression;
use crate::view::View;

/// What a join takes on its right: an expression, for all rows of its table; or some of the rows, `query.on(expression)`.
///
/// `R` is the model, `V` the type of values on the left.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be joined with values of type `{V}`",
    label = "a column with values of type `{V}` is expected, or a query `.on(…)` one"
)]
pub trait JoinSide<'v, R: Model, V> {
    /// The expression whose values must be equal.
    type By: Expression<R, Value = V>;

    /// The rows and the expression.
    #[doc(hidden)]
    fn into_parts(self, view: &'v View) -> (Query<'v, R>, Self::By);
}

impl<'v, R: Model, V, E: Expression<R, Value = V>> JoinSide<'v, R, V> for E {
    type By = E;

    fn into_parts(self, view: &'v View) -> (Query<'v, R>, E) {
        (view.query(), self)
    }
}

/// The rows of a query, to be joined by the values of an expression: what [`Query::on`] gives.
#[must_use = "the right side of a join does nothing by itself"]
pub struct Side<'v, R: Model, B> {
    query: Query<'v, R>,
    by: B,
}

impl<'v, R: Model> Query<'v, R> {
    /// The rows of this query as the right side of a [`join`](Query::join), by the values of this expression.
    pub fn on<B: Expression<R>>(self, by: B) -> Side<'v, R, B> {
        Side { query: self, by }
    }
}

impl<'v, R: Model, V, B: Expression<R, Value = V>> JoinSide<'v, R, V> for Side<'v, R, B> {
    type By = B;

    fn into_parts(self, _view: &'v View) -> (Query<'v, R>, B) {
        (self.query, self.by)
    }
}
