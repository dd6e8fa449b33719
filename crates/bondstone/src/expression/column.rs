//! Columns, foreign keys and hybrids as expressions.

use bondstone_schema::{Column, Computed, Fk, Hashing, Id, IntoTerm, Model, Nullness, Value};

use bondstone_storage::Slot;

use super::{Access, At, Expression, Parent};
use crate::derived::Derived;
use crate::view::View;

impl<M: Model, V: Value, U: 'static> Expression<M> for Column<M, V, U> {
    type Value = V::Plain;
    type Null = V::Null;
    type Seen<'v> = &'v V::Plain;

    #[inline(always)]
    fn see<'v>(&self, row: &'v M, _at: At<'v, '_>) -> Option<&'v V::Plain> {
        self.get(row).plain()
    }

    #[inline(always)]
    fn hash_plain(value: &V::Plain, hashing: &Hashing) -> Option<u64> {
        V::hash_plain(value, hashing)
    }

    fn access(&self) -> Access {
        Access::Column(self.number())
    }

    fn text(&self) -> String {
        self.name().to_owned()
    }

    fn is_private(&self) -> bool {
        is_private::<M>(self.number())
    }
}

impl<M: Model, P: Model, N: Nullness> Expression<M> for Fk<M, P, N> {
    type Value = Id<P>;
    type Null = N;
    type Seen<'v> = &'v Id<P>;

    #[inline(always)]
    fn see<'v>(&self, row: &'v M, _at: At<'v, '_>) -> Option<&'v Id<P>> {
        self.get(row)
    }

    fn access(&self) -> Access {
        Access::ForeignKey(self.number(), self.position())
    }

    #[inline(always)]
    fn decided_by(&self, row: &M) -> Option<Parent> {
        Parent::of(self, row)
    }

    fn parent_place(id: &Id<P>, view: &View) -> Option<Slot> {
        view.sight().parent_place(id)
    }

    fn text(&self) -> String {
        self.name().to_owned()
    }

    fn is_private(&self) -> bool {
        is_private::<M>(self.number())
    }
}

fn is_private<M: Model>(column: u16) -> bool {
    M::DEFINITION.columns[usize::from(column)].private
}

impl<M: Model, V: Value, U: 'static> Expression<M> for Computed<M, V, U> {
    type Value = V::Plain;
    type Null = V::Null;
    type Seen<'v> = V::Plain;

    #[inline]
    fn see<'v>(&self, row: &'v M, _at: At<'v, '_>) -> Option<V::Plain> {
        self.compute(row).into_plain()
    }

    fn access(&self) -> Access {
        Access::Hybrid(self.name())
    }

    fn text(&self) -> String {
        self.name().to_owned()
    }

    fn is_private(&self) -> bool {
        Computed::is_private(*self)
    }
}

impl<M: Model, V: Value> Expression<M> for Derived<M, V> {
    type Value = V::Plain;
    type Null = V::Null;
    type Seen<'v> = V::Plain;

    #[inline]
    fn see<'v>(&self, row: &'v M, at: At<'v, '_>) -> Option<V::Plain> {
        self.compute(row, at.view).into_plain()
    }

    fn text(&self) -> String {
        self.name().to_owned()
    }

    fn is_private(&self) -> bool {
        Derived::is_private(*self)
    }
}

impl<M, V: Value> IntoTerm<M, V::Plain> for Derived<M, V> {
    type Term = Self;

    fn into_term(self) -> Self {
        self
    }
}
