//! Columns and foreign keys as expressions.

use bondstone_schema::{Column, Fk, Id, Model, Nullness, Value};

use super::{Access, At, Expression};

impl<M: Model, V: Value, U: 'static> Expression<M> for Column<M, V, U> {
    type Value = V::Plain;
    type Null = V::Null;
    type Seen<'v> = &'v V::Plain;

    #[inline(always)]
    fn see<'v>(&self, row: &'v M, _at: At<'v, '_>) -> Option<&'v V::Plain> {
        self.get(row).plain()
    }

    fn access(&self) -> Access {
        Access::Column(self.number())
    }

    fn text(&self) -> String {
        self.name().to_owned()
    }

    fn is_private(&self) -> bool {
        M::DEFINITION.columns[usize::from(self.number())].private
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

    fn text(&self) -> String {
        self.name().to_owned()
    }

    fn is_private(&self) -> bool {
        M::DEFINITION.columns[usize::from(self.number())].private
    }
}
