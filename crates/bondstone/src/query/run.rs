//! From a query to its rows: plan, follow the path, judge what the path does not answer, sort what it does not order.

use std::sync::Arc;

use bondstone_schema::Model;

use super::matches::{Filter, Matches};
use super::order::Order;
use super::plan::{Choice, Found, Ground, OrderKey, Path, Sorting, Task, Wanted, choose, ground};
use super::source::Source;
use super::{Closure, Plan, Query, Spec, Start, sort};
use crate::expression::{At, NO_PARAMETERS, Parameters};
use crate::predicate::{Effort, Node, wishes};
use crate::related::Related;
use crate::view::View;

/// A query with its conditions in normal form.
pub(crate) struct Normal<'v, M: Model> {
    pub(crate) view: &'v View,
    pub(crate) related: Option<Related<'v, M>>,
    pub(crate) conditions: Vec<Node<M>>,
    pub(crate) closures: Vec<Closure<'v, M>>,
    pub(crate) order: Vec<Order<M>>,
    pub(crate) offset: usize,
    pub(crate) limit: Option<usize>,
    pub(crate) parameters: Option<Arc<dyn Parameters>>,
    pub(crate) force: Option<super::PlanKind>,
}

impl<'v, M: Model> Query<'v, M> {
    /// The rows.
    pub(crate) fn run(self) -> Matches<'v, M> {
        if let Some(row) = self.point() {
            return self.only(row);
        }
        let query = self.normal();
        let choice = query.choose_any();
        query.run(&choice)
    }

    /// The only row there can be, unless it is passed over.
    pub(crate) fn only(&self, row: Option<&'v M>) -> Matches<'v, M> {
        Matches::open(Source::One(row), self.spec.offset, self.spec.limit.unwrap_or(usize::MAX))
    }

    pub(crate) fn normal(self) -> Normal<'v, M> {
        let view = self.view();
        let Spec { filter, closures, order, offset, limit, force } = self.spec;
        let mut query = Normal {
            view,
            related: None,
            conditions: filter.0.into_conjuncts(),
            closures,
            order,
            offset,
            limit,
            parameters: self.parameters,
            force,
        };
        if let Start::Related(related) = self.start {
            query.start_from(related);
        }
        query
    }
}

/// Of so many related rows each is judged, whatever indexes there are: a plan costs as much.
const FEW: usize = if cfg!(feature = "tiny") { 4 } else { 64 };

impl<'v, M: Model> Normal<'v, M> {
    pub(crate) fn parameters(&self) -> &dyn Parameters {
        or_none(&self.parameters)
    }

    pub(crate) fn at(&self) -> At<'v, '_> {
        At { view: self.view, parameters: self.parameters() }
    }

    /// Begins with the rows that one row is related to. Where these are many, that they are is taken for a condition like the
    /// others, since an index may find sooner which of them are meant, or have their order.
    fn start_from(&mut self, related: Related<'v, M>) {
        let is_plain = self.conditions.is_empty() && self.order.is_empty();
        let plans = match self.force {
            Some(kind) => kind != super::PlanKind::Related,
            None => !is_plain && related.count_about() > FEW,
        };
        match plans.then(|| related.condition()).flatten() {
            Some(condition) => self.conditions.insert(0, condition.0),
            None => self.related = Some(related),
        }
    }

    /// Rows that are found at most, those passed over included.
    fn wanted_rows(&self) -> Option<usize> {
        self.limit.map(|limit| limit.saturating_add(self.offset))
    }

    /// Runs something with the planner's view of the conditions.
    fn with_task<R>(&self, use_it: impl FnOnce(&Task<'v, '_>) -> R) -> R {
        let efforts: Vec<Effort> = self.conditions.iter().map(Node::effort).collect();
        let wishes = wishes(&self.conditions, self.parameters());
        use_it(&Task { ground: ground::<M>(), at: self.at(), wishes: &wishes, efforts: &efforts })
    }

    /// The tables on which the choice of a plan depends.
    pub(crate) fn tables(&self) -> Vec<&'static dyn Ground> {
        self.with_task(|task| task.tables())
    }

    /// The cheapest plan; `None` if there is none of the kind that is asked for.
    pub(crate) fn choose(&self) -> Option<Choice> {
        let order: Vec<OrderKey> = self.order.iter().map(Order::erased).collect();
        let wanted = Wanted {
            order: &order,
            rows: self.wanted_rows(),
            closures: self.closures.len(),
            force: self.force,
        };
        if let Some(related) = &self.related {
            return Choice::of_related(related.count_about(), &wanted);
        }
        if self.conditions.is_empty() && order.is_empty() && self.force.is_none() {
            return Some(Choice::scan(self.view.sight().statistics::<M>().rows()));
        }
        self.with_task(|task| choose(task, &wanted))
    }

    /// The cheapest plan, of the kind that is asked for if there is one.
    pub(crate) fn choose_any(&self) -> Choice {
        self.choose().unwrap_or_else(|| self.plainest())
    }

    /// The plan that there always is: all rows, sorted.
    fn plainest(&self) -> Choice {
        let sorting = if self.order.is_empty() { Sorting::Nothing } else { Sorting::All };
        let path = if self.related.is_some() { Path::Related } else { Path::Scan };
        Choice { sorting, path, ..Choice::scan(0) }
    }

    /// How the rows are found that [`run`](Self::run) gives.
    pub(crate) fn explain_by(&self, choice: &Choice) -> Plan {
        match self.followed(choice) {
            Some(_) => self.plan(choice),
            None => self.plan(&self.choose_any()),
        }
    }

    /// Follows a plan. One that was made for other values may not fit these (one is null, say): then another is made for this
    /// once.
    pub(crate) fn follow(&self, choice: &Choice) -> Followed<'v> {
        let anew = || self.followed(&self.choose_any());
        let followed = self.followed(choice).or_else(anew);
        followed.unwrap_or_else(|| self.all(self.plainest().sorting))
    }

    /// Where a plan leads to, if the values fit it, and it leads to all rows.
    fn followed(&self, choice: &Choice) -> Option<Followed<'v>> {
        let Choice { path, sorting, .. } = choice;
        if !path.is_whole(self.view) {
            return None;
        }
        if matches!(path, Path::Scan | Path::Related) {
            return Some(self.all(*sorting));
        }
        let found = self.with_task(|task| task.find(path))?;
        // Of conditions with higher numbers no path knows.
        let is_answered = |number| u16::try_from(number).is_ok_and(|number| path.answers(number));
        let is_left = |number: usize| !(found.is_exact() && is_answered(number));
        let left = (0..self.conditions.len()).map(is_left).collect();
        Some(Followed { found, left, sorting: *sorting })
    }

    /// All rows to begin with, each to be judged.
    fn all(&self, sorting: Sorting) -> Followed<'v> {
        let found = if self.related.is_some() { Found::Related } else { Found::All };
        Followed { found, left: vec![true; self.conditions.len()], sorting }
    }

    /// The rows by a plan.
    pub(crate) fn run(mut self, choice: &Choice) -> Matches<'v, M> {
        let followed = self.follow(choice);
        let (offset, limit) = (self.offset, self.limit.unwrap_or(usize::MAX));
        let (wanted, order) = (self.wanted_rows(), std::mem::take(&mut self.order));
        let (view, parameters) = (self.view, self.parameters.clone());
        let sorting = followed.sorting;
        let (source, filter) = self.open(followed);
        if sorting == Sorting::Nothing {
            return Matches::new(source, filter, offset, limit);
        }
        let at = At { view, parameters: or_none(&parameters) };
        let matches = Matches::new(source, filter, 0, usize::MAX);
        let rows = sorted(matches, sorting, wanted, &order, at);
        Matches::open(Source::List(rows.into_iter()), offset, limit)
    }

    /// How many rows there are, in whatever order.
    pub(crate) fn count(self, choice: &Choice) -> usize {
        let (offset, limit) = (self.offset, self.limit.unwrap_or(usize::MAX));
        let followed = self.follow(choice);
        if let Some(count) = self.counted(&followed) {
            return count.saturating_sub(offset).min(limit);
        }
        let (source, filter) = self.open(followed);
        Matches::new(source, filter, offset, limit).count()
    }

    /// How many rows an index says there are, without a look at them.
    fn counted(&self, followed: &Followed<'v>) -> Option<usize> {
        if !self.closures.is_empty() || followed.left.contains(&true) {
            return None;
        }
        let sight = self.view.sight();
        match &followed.found {
            Found::All => Some(self.view.count::<M>()),
            Found::Related => self.related.as_ref().map(Related::count),
            Found::Range { index, bounds, .. } => {
                sight.count_range::<M>(*index, bounds.key_range())
            }
            Found::Walked(places) => Some(places.len()),
            Found::Children { foreign_key, parent } => {
                Some(sight.count_children::<M>(*foreign_key, *parent))
            }
            _ => None,
        }
    }

    /// Where the rows come from, and what they must meet.
    pub(crate) fn open(self, followed: Followed<'v>) -> (Source<'v, M>, Filter<'v, M>) {
        let source = Source::of(followed.found, self.related.as_ref(), self.view);
        let conditions = self.conditions.into_iter().zip(followed.left);
        let conditions = conditions.filter_map(|(condition, left)| left.then_some(condition));
        let filter = Filter {
            view: self.view,
            parameters: self.parameters,
            conditions: conditions.collect(),
            closures: self.closures,
        };
        (source, filter)
    }
}

/// What a path leads to.
pub(crate) struct Followed<'v> {
    pub(crate) found: Found<'v>,
    /// Must rows be judged by the condition with this number?
    pub(crate) left: Vec<bool>,
    pub(crate) sorting: Sorting,
}

/// All rows in their order, or as many of the first as are wanted.
pub(crate) fn sorted<'v, M: Model>(
    rows: Matches<'v, M>,
    sorting: Sorting,
    wanted: Option<usize>,
    order: &[Order<M>],
    at: At<'_, '_>,
) -> Vec<&'v M> {
    if let (Sorting::Top(_), Some(wanted)) = (sorting, wanted) {
        return sort::top(rows, wanted, order, at);
    }
    let mut rows: Vec<&M> = rows.fold(Vec::new(), |mut rows, row| {
        rows.push(row);
        rows
    });
    sort::sort(&mut rows, order, at);
    rows
}

/// The parameters, if there are any.
pub(crate) fn or_none(parameters: &Option<Arc<dyn Parameters>>) -> &dyn Parameters {
    parameters.as_deref().unwrap_or(NO_PARAMETERS)
}
