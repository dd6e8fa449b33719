//! Variants of enums as expressions: which it is, and what is in one of them.
//!
//! Both are known to indexes by a name that begins with the column's: `kind.tag`, `kind.customer_level`. The model's derive gives
//! these names to the indexes of `#[index(tag, CUSTOMER_LEVEL)]`.

use std::borrow::Borrow;
use std::fmt;

use bondstone_schema::{Case, Column, IntoTerm, Model, Opt, Value, Variants};

use super::{Access, At, Expression, Parent, Term};
use crate::predicate::{Effort, Pred};

/// What every expression whose values are enums with data can be asked.
///
/// ```
/// use bondstone::prelude::*;
///
/// #[derive(Clone, Debug, PartialEq, Value, Variants)]
/// enum Kind {
///     Employee { salary: u32 },
///     Customer { level: u8 },
/// }
///
/// #[derive(Clone, Debug, Model)]
/// struct Party {
///     #[key]
///     id: Id<Party>,
///     #[index(tag, EMPLOYEE_SALARY)]
///     kind: Kind,
/// }
///
/// let db = Database::builder().models::<Party>().in_memory()?;
/// db.write(|tx| {
///     tx.insert(NewParty { kind: Kind::Employee { salary: 5000 } })?;
///     tx.insert(NewParty { kind: Kind::Customer { level: 3 } })
/// })?;
/// let snap = db.read();
/// assert_eq!(snap.query().filter(Party::KIND.is(KindTag::Customer)).count(), 1);
/// assert_eq!(snap.query().filter(Party::KIND.case(Kind::EMPLOYEE_SALARY).gt(1000)).count(), 1);
/// assert_eq!(snap.query().filter(Party::KIND.case(Kind::CUSTOMER_LEVEL).gt(5)).count(), 0);
/// # Ok::<(), Error>(())
/// ```
pub trait VariantExpression<M: Model>: Expression<M, Value: Variants> {
    /// Which variant it is, as an expression: to group by, or to compare.
    fn tag(self) -> Tag<Self> {
        Tag(self)
    }

    /// Is it this variant? With `#[index(tag)]` on the column, O(log n + rows). A null is none.
    fn is(self, tag: <Self::Value as Variants>::Tag) -> Pred<M>
    where
        <Self::Value as Variants>::Tag: IntoTerm<M, <Self::Value as Variants>::Tag>,
        <<Self::Value as Variants>::Tag as IntoTerm<M, <Self::Value as Variants>::Tag>>::Term:
            Term<M, <Self::Value as Variants>::Tag>,
    {
        Expression::eq(self.tag(), tag)
    }
}

impl<M: Model, E: Expression<M, Value: Variants>> VariantExpression<M> for E {}

/// A column whose values are enums with data: the fields of its variants.
pub trait CaseExpression<M: Model, V> {
    /// A field of one variant, null in all others: `Party::KIND.case(Kind::CUSTOMER_LEVEL)`.
    fn case<T: Value>(self, case: Case<V, T>) -> Field<Self, V, T>
    where
        Self: Sized;
}

impl<M: Model, C: Value, U: 'static> CaseExpression<M, C::Plain> for Column<M, C, U> {
    fn case<T: Value>(self, case: Case<C::Plain, T>) -> Field<Self, C::Plain, T> {
        Field { column: self, case }
    }
}

/// Which variant a value is: [`VariantExpression::tag`].
#[derive(Clone, Copy, Debug)]
pub struct Tag<E>(E);

impl<M: Model, E: Expression<M, Value: Variants>> Expression<M> for Tag<E> {
    type Value = <E::Value as Variants>::Tag;
    type Null = E::Null;
    type Seen<'v> = Self::Value;

    #[inline]
    fn see<'v>(&self, row: &'v M, at: At<'v, '_>) -> Option<Self::Value> {
        self.0.see(row, at).map(|seen| seen.borrow().tag())
    }

    fn access(&self) -> Access {
        index_over::<M>(self.0.access(), "tag")
    }

    fn effort(&self) -> Effort {
        self.0.effort()
    }

    fn decided_by(&self, row: &M) -> Option<Parent> {
        self.0.decided_by(row)
    }

    fn text(&self) -> String {
        format!("{}.tag", self.0.text())
    }

    fn is_private(&self) -> bool {
        self.0.is_private()
    }
}

/// A field of one variant of a column's values: [`CaseExpression::case`].
pub struct Field<C, V, T> {
    column: C,
    case: Case<V, T>,
}

impl<C: Clone, V, T> Clone for Field<C, V, T> {
    fn clone(&self) -> Self {
        Self { column: self.column.clone(), case: self.case }
    }
}

impl<C: fmt::Debug, V, T> fmt::Debug for Field<C, V, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.case({})", self.column, self.case.name())
    }
}

impl<M: Model, C: Value, U: 'static, T: Value> Expression<M>
    for Field<Column<M, C, U>, C::Plain, T>
{
    type Value = T::Plain;
    type Null = Opt;
    type Seen<'v> = &'v T::Plain;

    #[inline]
    fn see<'v>(&self, row: &'v M, _at: At<'v, '_>) -> Option<&'v T::Plain> {
        self.case.get(self.column.get(row).plain()?)?.plain()
    }

    fn access(&self) -> Access {
        index_over::<M>(self.column.access(), self.case.name())
    }

    fn effort(&self) -> Effort {
        if std::mem::needs_drop::<T>() { Effort::Owned } else { Effort::Row }
    }

    fn text(&self) -> String {
        format!("{}.{}", self.column.name(), self.case.name())
    }

    fn is_private(&self) -> bool {
        Expression::<M>::is_private(&self.column)
    }
}

macro_rules! own_terms {
    ($(($($parameter:ident),*) $node:ty;)*) => {$(
        impl<M, W, $($parameter),*> IntoTerm<M, W> for $node {
            type Term = Self;

            fn into_term(self) -> Self {
                self
            }
        }
    )*};
}

own_terms! {
    (E) Tag<E>;
    (C, V, T) Field<C, V, T>;
}

/// The index over a part of a column, if there is one.
fn index_over<M: Model>(column: Access, part: &str) -> Access {
    let Access::Column(number) = column else { return Access::None };
    let column = M::DEFINITION.columns[usize::from(number)].name;
    let is_it = |name: &&str| {
        name.strip_prefix(column).and_then(|rest| rest.strip_prefix('.')) == Some(part)
    };
    let names = M::DEFINITION.indexes.iter().filter_map(|index| index.hybrid);
    names.into_iter().find(is_it).map_or(Access::None, Access::Hybrid)
}
