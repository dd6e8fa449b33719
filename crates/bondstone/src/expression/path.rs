//! Paths as expressions: the parent's value, where there is a parent.

use bondstone_schema::{Model, Nullness, Path};

use super::{At, Expression, Parent};
use crate::predicate::side::Compared;
use crate::predicate::{Asked, Hint, Test};

impl<M: Model, P: Model, N: Nullness, X: Expression<P>> Expression<M> for Path<M, P, N, X> {
    type Value = X::Value;
    type Null = N::Or<X::Null>;
    type Seen<'v> = X::Seen<'v>;

    #[inline]
    fn see<'v>(&self, row: &'v M, at: At<'v, '_>) -> Option<X::Seen<'v>> {
        let parent = at.view.sight().get(self.key().get(row)?)?;
        self.then().see(parent, at)
    }

    #[inline(always)]
    fn decided_by(&self, row: &M) -> Option<Parent> {
        Parent::of(&self.key(), row)
    }

    fn hint<'a>(
        &'a self,
        test: Test<'a, &'a X::Value>,
        asked: Asked<'a, X::Value>,
    ) -> Option<Hint<'a>> {
        Compared::hint(self.then(), test, asked, self.key().position())
    }

    fn text(&self) -> String {
        format!("{}.{}", self.key().name(), self.then().text())
    }

    fn is_private(&self) -> bool {
        self.key().is_private() || self.then().is_private()
    }
}
