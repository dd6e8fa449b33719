//! The choice among offers: the one with the least work until all rows are found that are wanted, in their order.

use super::access::Offer;
use super::estimate::COMPARED;
use super::{Kinds, OrderKey, Path, PlanKind, Task};

/// What is wanted beside the rows that meet the conditions.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) order: &'a [OrderKey],
    /// No more rows than that, those passed over included.
    pub(crate) rows: Option<usize>,
    /// Conditions of which nothing is known.
    pub(crate) closures: usize,
    /// Only plans of this kind.
    pub(crate) force: Option<PlanKind>,
}

/// A plan.
#[derive(Clone)]
pub(crate) struct Choice {
    pub(crate) path: Path,
    pub(crate) sorting: Sorting,
    pub(crate) kinds: Kinds,
    /// About so many rows are at the path's end.
    pub(crate) rows: f64,
    /// About so many of them are meant.
    pub(crate) meant: f64,
    /// About so much work it is.
    pub(crate) work: f64,
}

impl Choice {
    /// All rows of a table, in no order.
    pub(crate) fn scan(rows: usize) -> Self {
        let rows = rows as f64;
        let kinds = Kinds::of(PlanKind::Scan);
        Self { path: Path::Scan, sorting: Sorting::Nothing, kinds, rows, meant: rows, work: 0.0 }
    }

    /// The rows that the query's row is related to, of which there are so many.
    pub(crate) fn of_related(rows: usize, wanted: &Wanted<'_>) -> Option<Self> {
        let (sorting, sorts) = match (wanted.order.is_empty(), wanted.rows) {
            (true, _) => (Sorting::Nothing, Kinds::NONE),
            (false, Some(rows)) if wanted.force != Some(PlanKind::Sort) => {
                (Sorting::Top(rows), Kinds::of(PlanKind::TopK))
            }
            (false, _) => (Sorting::All, Kinds::of(PlanKind::Sort)),
        };
        let rows = rows as f64;
        let kinds = sorts.with(PlanKind::Related);
        let choice = Self { path: Path::Related, sorting, kinds, rows, meant: rows, work: rows };
        wanted.force.is_none_or(|kind| kinds.contains(kind)).then_some(choice)
    }
}

/// What is done for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorting {
    /// Nothing: none is asked for, or the path has it.
    Nothing,
    /// Only so many rows are kept.
    Top(usize),
    All,
}

/// The part of the rows that a closure is taken to accept.
const ACCEPTED: f64 = 0.4;

/// Chooses a plan; `None` if none is of the kind that is wanted.
pub(crate) fn choose(task: &Task<'_, '_>, wanted: &Wanted<'_>) -> Option<Choice> {
    let part = task.selectivity_of(task.wishes) * ACCEPTED.powi(wanted.closures.min(64) as i32);
    let meant = task.rows() * part;
    let mut choices = Vec::new();
    if wanted.order.is_empty() {
        choices.extend(
            task.offers()
                .into_iter()
                .map(|offer| weigh(task, wanted, offer, Sorting::Nothing, meant)),
        );
    } else {
        for offer in task.offers() {
            if let Some(rows) = wanted.rows {
                choices.push(weigh(task, wanted, offer.clone(), Sorting::Top(rows), meant));
            }
            choices.push(weigh(task, wanted, offer, Sorting::All, meant));
        }
        let ordered = task.ordered_offers(wanted.order).into_iter();
        choices.extend(ordered.map(|offer| weigh(task, wanted, offer, Sorting::Nothing, meant)));
    }
    choices
        .into_iter()
        .filter(|choice| wanted.force.is_none_or(|kind| choice.kinds.contains(kind)))
        .min_by(|left, right| left.work.total_cmp(&right.work))
}

fn weigh(
    task: &Task<'_, '_>,
    wanted: &Wanted<'_>,
    offer: Offer,
    sorting: Sorting,
    meant: f64,
) -> Choice {
    let is_of_one_row = offer.is_of_one_row();
    let Offer { path, rows, work, each, kinds } = offer;
    let meant = meant.min(rows);
    let each = each + task.judging(|number| path.answers(number));
    // As soon as enough are found, no more are read; unless all of them are to be sorted.
    let read = match (wanted.rows, sorting) {
        (Some(wanted), Sorting::Nothing) if meant > 0.0 => (wanted as f64 * rows / meant).min(rows),
        _ => rows,
    };
    let (sort, kind) = match sorting {
        Sorting::Nothing => (0.0, Kinds::NONE),
        Sorting::Top(kept) => {
            let kept = (kept as f64).min(meant);
            (meant * COMPARED + kept * halvings(kept) * COMPARED, Kinds::of(PlanKind::TopK))
        }
        Sorting::All => (meant * halvings(meant) * COMPARED, Kinds::of(PlanKind::Sort)),
    };
    Choice {
        path,
        sorting,
        kinds: kinds.and(kind),
        rows,
        meant,
        work: if is_of_one_row { 0.0 } else { work + read * each + sort },
    }
}

fn halvings(rows: f64) -> f64 {
    rows.max(2.0).log2()
}
