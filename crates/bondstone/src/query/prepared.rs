//! Prepared queries: built once, planned once, run often with other values.
//!
//! What a prepared query keeps is its conditions in normal form and, for each thing that it may be asked for, the plans that
//! were best when it was asked. A plan holds numbers of conditions, not values, so other values need no other plan,
//! unless one of them is null where the first was not: then this one run is planned anew. Where a condition fixes a unique
//! column there is nothing to plan: the row is looked up.
//!
//! Plans are [kept] in a list that only grows, so running one takes no lock. **The list is short.** A plan is fresh where the
//! tables that were looked at for it have less than ten times and more than a tenth of the rows that they had, and another one is made only
//! where none is. A table has less than 2³² rows, so there are at most ten sizes of which each is ten times the one before:
//! ten plans for conditions on one table alone, and for those on several, as many as these tables had such sizes together.

mod kept;

use std::any::Any;
use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use bondstone_schema::{Id, Model, Param, Value};
use smallvec::SmallVec;

use super::plan::{Choice, Ground};
use super::point::{Point, point_of};
use super::run::Normal;
use super::{Matches, Plan, Query, Spec, Start};
use crate::database::Database;
use crate::error::Result;
use crate::expression::{At, Parameters};
use crate::predicate::{Node, Pred};
use crate::view::View;

use kept::Kept;

/// A query that is planned once: made by [`Database::prepare`], asked for rows by [`run`](Prepared::run).
///
/// It can be shared among threads. Its plan is made when it is first run, and another one when a table that its conditions
/// ask about has grown or shrunk tenfold; both are kept.
///
/// ```
#[doc = include_str!("../example.txt")]
/// let by_email = db.prepare::<User, (String,)>(|query, (email,)| query.filter(User::EMAIL.eq(email)));
///
/// let snap = db.read();
/// let email = ("ann@x.org".to_owned(),);
/// assert_eq!(by_email.run(&snap, &email).first().map(|user| user.id), Some(ann));
/// # Ok::<(), Error>(())
/// ```
pub struct Prepared<M: Model, P> {
    conditions: Vec<Node<M>>,
    rest: Spec<'static, M>,
    point: Option<Point>,
    plans: [Kept<Planned>; 3],
    marker: PhantomData<fn(P)>,
}

/// A plan that was best when it was made.
struct Planned {
    choice: Choice,
    /// The tables that were looked at for it, and how many rows they had.
    sizes: SmallVec<[(&'static dyn Ground, usize); 2]>,
}

/// What a prepared query is asked for: its plans differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Rows,
    First,
    Count,
}

/// The types of a prepared query's parameters: a tuple of up to eight, `Option` where one may be null.
pub trait Arguments: Parameters + Clone + 'static {
    /// What stands for them while the query is built: a [`Param`] for each.
    type Placeholders;

    /// Makes them.
    #[doc(hidden)]
    fn placeholders() -> Self::Placeholders;
}

impl Arguments for () {
    type Placeholders = ();

    fn placeholders() {}
}

macro_rules! arguments {
    ($(($($value:ident $place:tt),+))*) => {$(
        impl<$($value: Value),+> Parameters for ($($value,)+) {
            #[inline]
            fn value(&self, place: usize) -> Option<&dyn Any> {
                match place {
                    $($place => self.$place.plain().map(|value| value as &dyn Any),)+
                    _ => None,
                }
            }
        }

        impl<$($value: Value),+> Arguments for ($($value,)+) {
            type Placeholders = ($(Param<$value::Plain>,)+);

            fn placeholders() -> Self::Placeholders {
                ($(Param::<$value::Plain>::new($place),)+)
            }
        }
    )*};
}

arguments! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

/// The values for a prepared query: the tuple, or a reference to it.
pub trait Bring<P> {
    /// The values, to look at.
    #[doc(hidden)]
    fn lend(&self) -> &P;
    /// The values, to keep.
    #[doc(hidden)]
    fn own(self) -> P;
}

impl<P: Arguments> Bring<P> for P {
    #[inline]
    fn lend(&self) -> &P {
        self
    }

    fn own(self) -> P {
        self
    }
}

impl<P: Arguments> Bring<P> for &P {
    #[inline]
    fn lend(&self) -> &P {
        self
    }

    fn own(self) -> P {
        self.clone()
    }
}

impl Database {
    /// Prepares a query of the table of `M` with parameters of the types `P`: it is built and put in order once, and run
    /// as often as you like.
    ///
    /// The closure gets an empty query and something that stands for each parameter, wherever a value may stand. The query has
    /// no rows yet: asking it for some panics.
    ///
    /// # Panics
    /// If `M` is not a model of this database.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let large = db.prepare::<Order, (Id<User>, u32)>(|query, (user, least)| {
    ///     query.filter(Order::USER_ID.eq(user) & Order::QUANTITY.ge(least)).order_by(Order::QUANTITY.desc())
    /// });
    ///
    /// db.write(|tx| tx.insert_all([3, 4, 5].map(|quantity| NewOrder { user_id: ann, quantity })))?;
    /// let snap = db.read();
    /// let quantities: Vec<u32> = large.run(&snap, (ann, 4)).into_iter().map(|order| order.quantity).collect();
    /// assert_eq!(quantities, [5, 4]);
    /// assert_eq!(large.run(&snap, (ann, 9)).count(), 0);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn prepare<M: Model, P: Arguments>(
        &self,
        build: impl FnOnce(Query<'static, M>, P::Placeholders) -> Query<'static, M>,
    ) -> Prepared<M, P> {
        // A stranger's table is missed here rather than at the first run.
        let _ = self.read().sight().statistics::<M>();
        let empty = Query { view: None, start: Start::Table, spec: Spec::new(), parameters: None };
        let Query { spec, .. } = build(empty, P::placeholders());
        let Spec { filter, closures, order, offset, limit, force } = spec;
        let conditions = filter.0.into_conjuncts();
        // Who passes over the only row there can be has no short way to it, nor who is told another.
        let is_short = offset == 0 && limit != Some(0) && force.is_none();
        let point = if is_short { point_of(&conditions) } else { None };
        let rest = Spec { filter: Pred::always(), closures, order, offset, limit, force };
        Prepared { conditions, rest, point, plans: Default::default(), marker: PhantomData }
    }
}

impl<M: Model, P: Arguments> Prepared<M, P> {
    /// The query with these values, in a view: ask it for rows. The values may be lent, which spares their copies where one
    /// row is looked up.
    #[inline]
    pub fn run<'v, B: Bring<P>>(&'v self, view: &'v View, values: B) -> Run<'v, M, P, B> {
        Run { prepared: self, view, values }
    }
}

/// A prepared query with its values, in a view.
#[must_use = "a query does nothing until it is asked for rows"]
pub struct Run<'v, M: Model, P, B> {
    prepared: &'v Prepared<M, P>,
    view: &'v View,
    values: B,
}

impl<'v, M: Model, P: Arguments, B: Bring<P>> Run<'v, M, P, B> {
    /// All rows.
    #[must_use]
    pub fn all(self) -> Vec<&'v M> {
        self.into_iter().collect()
    }

    /// The first row, if there is any.
    #[inline]
    #[must_use]
    pub fn first(self) -> Option<&'v M> {
        match self.point() {
            Some(row) => row,
            None => self.matches(Ask::First).next(),
        }
    }

    /// The only row.
    ///
    /// # Errors
    /// [`Error::NotOne`](crate::Error::NotOne) if there is none, or more than one.
    pub fn one(self) -> Result<&'v M> {
        super::ends::only(self.into_iter())
    }

    /// Is there any row?
    #[must_use]
    pub fn exists(self) -> bool {
        self.first().is_some()
    }

    /// How many rows there are. See [`Query::count`].
    #[must_use]
    pub fn count(self) -> usize {
        if let Some(row) = self.point() {
            return usize::from(row.is_some());
        }
        let prepared = self.prepared;
        let query = self.normal(Ask::Count);
        let choice = prepared.choice(&query, Ask::Count);
        query.count(&choice)
    }

    /// The keys of the rows. See [`Query::ids`].
    #[must_use]
    pub fn ids(self) -> Vec<Id<M>> {
        self.into_iter().ids()
    }

    /// As a query like any other, to be asked for anything else: groups, related rows, pages. It is planned anew.
    pub fn query(self) -> Query<'v, M> {
        let Prepared { conditions, rest, .. } = self.prepared;
        let filter = Pred::all(conditions.clone());
        let spec: Spec<'v, M> = Spec { filter, ..rest.clone() };
        let parameters: Arc<dyn Parameters> = Arc::new(self.values.own());
        Query { view: Some(self.view), start: Start::Table, spec, parameters: Some(parameters) }
    }

    /// How the query is run when it is asked for its rows: by the plan that is kept, unless the values do not fit it, which is
    /// found out by following it. See [`Query::explain`].
    #[must_use]
    pub fn explain(self) -> Plan {
        if self.point().is_some() {
            return self.query().explain();
        }
        let prepared = self.prepared;
        let query = self.normal(Ask::Rows);
        let choice = prepared.choice(&query, Ask::Rows);
        query.explain_by(&choice)
    }

    /// The only row that can be there, if it is; `None` if nothing is known of there being only one.
    #[inline]
    fn point(&self) -> Option<Option<&'v M>> {
        let Prepared { conditions, rest, point, .. } = self.prepared;
        let values = self.values.lend();
        let at = At { view: self.view, parameters: values };
        let row = point.as_ref()?.find(conditions, at, |place| values.value(place))?;
        if rest.closures.is_empty() {
            return Some(row);
        }
        Some(row.filter(|row| rest.closures.iter().all(|accepts| accepts(&[row], 1) != 0)))
    }

    fn normal(self, ask: Ask) -> Normal<'v, M> {
        let Prepared { conditions, rest, .. } = self.prepared;
        let limit = match ask {
            Ask::First => Some(rest.limit.map_or(1, |limit| limit.min(1))),
            Ask::Rows | Ask::Count => rest.limit,
        };
        let parameters: Arc<dyn Parameters> = Arc::new(self.values.own());
        Normal {
            view: self.view,
            related: None,
            conditions: conditions.clone(),
            closures: rest.closures.iter().map(|closure| closure.clone() as _).collect(),
            order: if ask == Ask::Count { Vec::new() } else { rest.order.clone() },
            offset: rest.offset,
            limit,
            parameters: Some(parameters),
            force: rest.force,
        }
    }

    fn matches(self, ask: Ask) -> Matches<'v, M> {
        let prepared = self.prepared;
        let query = self.normal(ask);
        let choice = prepared.choice(&query, ask);
        query.run(&choice)
    }
}

impl<'v, M: Model, P: Arguments, B: Bring<P>> IntoIterator for Run<'v, M, P, B> {
    type Item = &'v M;
    type IntoIter = Matches<'v, M>;

    fn into_iter(self) -> Matches<'v, M> {
        match self.point() {
            Some(row) => Matches::one(row),
            None => self.matches(Ask::Rows),
        }
    }
}

impl<M: Model, P> Prepared<M, P> {
    /// A plan that was made when the tables were about as large, or a new one. A plan for values that contradict each other
    /// suits no others, and is not kept.
    fn choice(&self, query: &Normal<'_, M>, ask: Ask) -> Cow<'_, Choice> {
        let plans = &self.plans[ask as usize];
        let is_fresh = |plan: &Planned| plan.is_fresh(query.view);
        if let Some(plan) = plans.find(is_fresh) {
            return Cow::Borrowed(&plan.choice);
        }
        let choice = query.choose_any();
        if choice.path.is_for_contradictions() {
            return Cow::Owned(choice);
        }
        let rows = |table: &'static dyn Ground| (table, table.statistics(query.view).rows());
        let sizes = query.tables().into_iter().map(rows).collect();
        Cow::Borrowed(&plans.get(is_fresh, || Planned { choice, sizes }).choice)
    }
}

impl Planned {
    /// Are the tables about as large as when the plan was made?
    fn is_fresh(&self, view: &View) -> bool {
        /// From so many times on, another plan may be better.
        const OTHER: usize = 10;
        self.sizes.iter().all(|(table, then)| {
            let now = table.statistics(view).rows();
            let (less, more) = ((*then).min(now).max(1), (*then).max(now).max(1));
            more / less < OTHER
        })
    }
}
