//! Paths: columns of other models, reached by foreign keys.
//!
//! `LineItem::ORDER_ID.to(Order::CUSTOMER_ID).to(Customer::NAME)` is a column of `LineItem` as far as queries go. A path is
//! nothing but its first key and what follows; the type says the whole way, so that walking it is compiled as one piece.

use std::fmt;
use std::marker::PhantomData;

use crate::column::Fk;
use crate::model::Model;

/// From `M` by a foreign key to `P`, and on to `X`: a column, another key, or whatever queries read of a `P`.
pub struct Path<M, P: Model, N, X> {
    key: Fk<M, P, N>,
    then: X,
    marker: PhantomData<fn() -> N>,
}

/// Where a path may go on from: a foreign key, or a path that ends in one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not lead to another model",
    label = "only a foreign key leads on"
)]
pub trait Hop<X>: Copy {
    /// The longer path.
    type Reached;
    /// Goes on to `then`.
    fn hop(self, then: X) -> Self::Reached;
}

impl<M, P: Model, N, X> Hop<X> for Fk<M, P, N> {
    type Reached = Path<M, P, N, X>;

    fn hop(self, then: X) -> Self::Reached {
        Path { key: self, then, marker: PhantomData }
    }
}

impl<M, P: Model, N, X, Y: Hop<X>> Hop<X> for Path<M, P, N, Y> {
    type Reached = Path<M, P, N, Y::Reached>;

    fn hop(self, then: X) -> Self::Reached {
        Path { key: self.key, then: self.then.hop(then), marker: PhantomData }
    }
}

impl<M, P: Model, N> Fk<M, P, N> {
    /// A column of the model that this key refers to, as a column of this one. If the key may be null, so may the column.
    pub fn to<X>(self, then: X) -> Path<M, P, N, X> {
        self.hop(then)
    }
}

impl<M, P: Model, N, X> Path<M, P, N, X> {
    /// On by the foreign key at the end of this path.
    pub fn to<Y>(self, then: Y) -> <Self as Hop<Y>>::Reached
    where
        Self: Hop<Y>,
    {
        self.hop(then)
    }

    /// The first step.
    #[inline]
    pub const fn key(&self) -> Fk<M, P, N> {
        self.key
    }

    /// What follows it.
    #[inline]
    pub const fn then(&self) -> &X {
        &self.then
    }
}

impl<M, P: Model, N, X: Clone> Clone for Path<M, P, N, X> {
    fn clone(&self) -> Self {
        Self { key: self.key, then: self.then.clone(), marker: PhantomData }
    }
}

impl<M, P: Model, N, X: Copy> Copy for Path<M, P, N, X> {}

impl<M, P: Model, N, X: fmt::Debug> fmt::Debug for Path<M, P, N, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.to({:?})", self.key, self.then)
    }
}
