//! What `with` takes.

use bondstone_schema::Model;

use super::Scope;
use crate::expression::At;

/// What may stand beside a row of `P`: a relation, a relation with more of its own, a tuple of these.
///
/// ```
#[doc = include_str!("../../example.txt")]
/// // What `query.with(relation)` does, for code that is generic over the relation.
/// use bondstone::Fetch;
///
/// fn count<W: Fetch<User>>(db: &View, related: W) -> usize {
///     db.query::<User>().with(related).into_iter().count()
/// }
///
/// let snap = db.read();
/// assert_eq!(count(&snap, (User::ORDERS, User::ORDERS.limit(3))), 1);
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no relation of `{P}`",
    label = "a foreign key or a relation of `{P}` is expected, or a tuple of these"
)]
pub trait Fetch<P: Model>: Send + Sync + 'static {
    /// What stands beside a row.
    type Found<'v>;
    /// The same, lent.
    type Lent<'b, 'v: 'b>;
    /// What was fetched for a batch of rows.
    #[doc(hidden)]
    type Batch<'v>: Default + 'v;

    /// Fetches what stands beside each of these rows.
    #[doc(hidden)]
    fn fetch<'v>(&self, rows: &[&'v P], at: At<'v, '_>, scope: Scope, batch: &mut Self::Batch<'v>);

    /// What stands beside the `nth` row.
    #[doc(hidden)]
    fn found<'v>(nth: usize, batch: &Self::Batch<'v>) -> Self::Found<'v>;

    /// The same, lent.
    #[doc(hidden)]
    fn lend<'b, 'v>(nth: usize, batch: &'b Self::Batch<'v>) -> Self::Lent<'b, 'v>;

    /// Could it be worth while to know how many rows will come?
    #[doc(hidden)]
    fn can_pass(&self) -> bool;
}

/// What comes of a relative: it [alone](Alone), or it [and](And) what it is related to.
#[doc(hidden)]
pub trait Then<C: Model>: Send + Sync + 'static {
    type Found<'v>;
    type Lent<'b, 'v: 'b>;
    type Batch<'v>: Default + 'v;

    fn fetch<'v>(&self, rows: &[&'v C], at: At<'v, '_>, scope: Scope, batch: &mut Self::Batch<'v>);
    fn found<'v>(row: &'v C, nth: usize, batch: &Self::Batch<'v>) -> Self::Found<'v>;
    fn lend<'b, 'v>(row: &'v C, nth: usize, batch: &'b Self::Batch<'v>) -> Self::Lent<'b, 'v>;
    fn can_pass(&self) -> bool;
}

/// The relative alone.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

/// The relative, and what it is related to.
#[derive(Clone, Copy, Debug)]
pub struct And<W>(pub(super) W);

impl<C: Model> Then<C> for Alone {
    type Found<'v> = &'v C;
    type Lent<'b, 'v: 'b> = &'v C;
    type Batch<'v> = ();

    #[inline]
    fn fetch(&self, _rows: &[&C], _at: At<'_, '_>, _scope: Scope, _batch: &mut ()) {}

    #[inline]
    fn found<'v>(row: &'v C, _nth: usize, _batch: &()) -> &'v C {
        row
    }

    #[inline]
    fn lend<'v>(row: &'v C, _nth: usize, _batch: &()) -> &'v C {
        row
    }

    fn can_pass(&self) -> bool {
        false
    }
}

impl<C: Model, W: Fetch<C>> Then<C> for And<W> {
    type Found<'v> = (&'v C, W::Found<'v>);
    type Lent<'b, 'v: 'b> = (&'v C, W::Lent<'b, 'v>);
    type Batch<'v> = W::Batch<'v>;

    fn fetch<'v>(&self, rows: &[&'v C], at: At<'v, '_>, scope: Scope, batch: &mut W::Batch<'v>) {
        self.0.fetch(rows, at, scope, batch);
    }

    #[inline]
    fn found<'v>(row: &'v C, nth: usize, batch: &W::Batch<'v>) -> Self::Found<'v> {
        (row, W::found(nth, batch))
    }

    #[inline]
    fn lend<'b, 'v>(row: &'v C, nth: usize, batch: &'b W::Batch<'v>) -> Self::Lent<'b, 'v> {
        (row, W::lend(nth, batch))
    }

    fn can_pass(&self) -> bool {
        self.0.can_pass()
    }
}

macro_rules! tuples {
    ($(($($part:ident $position:tt),+))*) => {$(
        impl<Row: Model, $($part: Fetch<Row>),+> Fetch<Row> for ($($part,)+) {
            type Found<'v> = ($($part::Found<'v>,)+);
            type Lent<'b, 'v: 'b> = ($($part::Lent<'b, 'v>,)+);
            type Batch<'v> = ($($part::Batch<'v>,)+);

            fn fetch<'v>(
                &self,
                rows: &[&'v Row],
                at: At<'v, '_>,
                scope: Scope,
                batch: &mut Self::Batch<'v>,
            ) {
                $(self.$position.fetch(rows, at, scope, &mut batch.$position);)+
            }

            #[inline]
            fn found<'v>(nth: usize, batch: &Self::Batch<'v>) -> Self::Found<'v> {
                ($($part::found(nth, &batch.$position),)+)
            }

            #[inline]
            fn lend<'b, 'v>(nth: usize, batch: &'b Self::Batch<'v>) -> Self::Lent<'b, 'v> {
                ($($part::lend(nth, &batch.$position),)+)
            }

            fn can_pass(&self) -> bool {
                $(self.$position.can_pass())||+
            }
        }
    )*};
}

tuples! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}
