//! Offers: what each index, and each pair of tables, can do for the conditions.

use smallvec::smallvec;

use super::estimate::{DESCENT, LOOKUP, ROW, SCANNED, SLOT};
use super::ranges::MOST;
use super::{Finds, Index, Kinds, Numbers, Path, Place, PlanKind, Task, Wish};
use crate::expression::Access;
use crate::predicate::hint::{Back, Side, Walk};
use crate::predicate::{Hint, Known, Test};
use crate::view::View;

/// A path, and what it would cost.
#[derive(Clone)]
pub(crate) struct Offer {
    pub(crate) path: Path,
    /// About so many rows are at its end, to be read.
    pub(crate) rows: f64,
    /// The work before any of them is read.
    pub(crate) work: f64,
    /// The work to get to each of them, and to read it.
    pub(crate) each: f64,
    pub(crate) kinds: Kinds,
}

impl Offer {
    /// Is it one lookup that finds one row at most? Nothing is better, however small the table.
    pub(super) fn is_of_one_row(&self) -> bool {
        let several = self.kinds.contains(PlanKind::Several);
        let is_unique = self.kinds.contains(PlanKind::Unique) || self.kinds.contains(PlanKind::Key);
        is_unique && !several && matches!(self.path, Path::Lookup { .. })
    }
}

impl<'a> Task<'_, 'a> {
    /// All offers, the scan included.
    pub(super) fn offers(&self) -> Vec<Offer> {
        let mut offers = self.simple_offers();
        self.add_intersections(&mut offers);
        offers.extend(self.numbered().filter_map(|(number, wish)| self.union(number, wish)));
        offers.push(self.scan());
        offers
    }

    pub(super) fn scan(&self) -> Offer {
        let kinds = Kinds::of(PlanKind::Scan);
        Offer { path: Path::Scan, rows: self.rows(), work: 0.0, each: SCANNED, kinds }
    }

    /// Can no row meet all conditions, as far as their values tell?
    pub(super) fn contradicts(&self) -> bool {
        self.wishes.iter().any(is_contradiction)
    }

    /// Those of one index each.
    fn simple_offers(&self) -> Vec<Offer> {
        if self.contradicts() {
            let kinds = Kinds::of(PlanKind::Nothing);
            return vec![Offer { path: Path::Nothing, rows: 0.0, work: 0.0, each: 0.0, kinds }];
        }
        let mut offers = Vec::new();
        offers.extend(self.lookup(Place::Key));
        offers.extend(self.ids());
        for place in 0..self.ground.indexes() {
            match self.ground.index(place).kind {
                Finds::InOrder => offers.extend(self.range(place)),
                Finds::InOwnOrder => {}
                _ => offers.extend(self.lookup(Place::Index(place))),
            }
        }
        for (number, wish) in self.numbered() {
            offers.extend(self.postings(number, wish));
            match wish {
                Wish::Hint(Hint::Related(side)) => offers.extend(self.way_round(number, &**side)),
                Wish::Hint(Hint::Walk(walk)) => offers.push(self.walk(number, &**walk)),
                _ => {}
            }
        }
        offers.retain(|offer| offer.path.is_whole(self.at.view));
        offers
    }

    /// Of the conditions that fix a column of an index, the one with the fewest values.
    fn fixing(&self, index: &Index, nth: usize) -> Option<(u16, &'a [Known<'a>])> {
        let fixing =
            self.numbered().filter_map(|(number, wish)| Some((number, wish.values(index, nth)?)));
        fixing.min_by_key(|(_, values)| values.len())
    }

    fn lookup(&self, place: Place) -> Option<Offer> {
        let index = place.of(self.ground);
        let mut conditions = Numbers::new();
        let mut lookups = 1_usize;
        for nth in 0..index.width() {
            let (number, values) = self.fixing(&index, nth)?;
            conditions.push(number);
            lookups = lookups.saturating_mul(values.len());
        }
        if lookups > MOST {
            return None;
        }
        let rows = match (index.kind, place) {
            (Finds::Some, Place::Index(place)) => {
                self.rows_by_hash(place, &index, &conditions, lookups)
            }
            _ => (lookups as f64).min(self.rows()),
        };
        let kind = match (place, index.kind) {
            (Place::Key, _) => PlanKind::Key,
            (_, Finds::Some) => PlanKind::Hash,
            _ => PlanKind::Unique,
        };
        Some(Offer {
            path: Path::Lookup { index: place, conditions },
            rows,
            work: lookups as f64 * LOOKUP,
            each: ROW + if lookups > 1 { SLOT } else { 0.0 },
            kinds: Kinds::of(kind)
                .with_if(lookups > 1, PlanKind::Several)
                .with_if(index.is_over_hybrid(), PlanKind::Hybrid),
        })
    }

    /// Rows in a hash index: those of one key are counted, of several the average is.
    fn rows_by_hash(&self, place: usize, index: &Index, conditions: &[u16], lookups: usize) -> f64 {
        let statistics = self.ground.statistics(self.at.view);
        if let [hash] = self.hashes(index, conditions).unwrap_or_default()[..] {
            return statistics.entries_of_hash(place, hash).unwrap_or(0) as f64;
        }
        let (entries, keys) = (statistics.entries(place), statistics.keys(place));
        let average = entries.unwrap_or(0) as f64 / keys.unwrap_or(0).max(1) as f64;
        lookups as f64 * average
    }

    /// A range of numbered keys.
    pub(super) fn ids(&self) -> Option<Offer> {
        let key = self.ground.key();
        let is_range = |wish: &Wish<'_>| matches!(wish.test(&key, 0), Some(Test::Range(..)));
        let conditions: Numbers =
            self.numbered().filter(|(_, wish)| is_range(wish)).map(|(number, _)| number).collect();
        if key.kind != Finds::Number || conditions.is_empty() {
            return None;
        }
        let of_these = |number: &u16| self.selectivity(self.wish(*number));
        Some(Offer {
            rows: self.rows() * conditions.iter().map(of_these).product::<f64>(),
            path: Path::Ids { conditions, descending: false },
            work: LOOKUP,
            each: ROW,
            kinds: Kinds::of(PlanKind::KeyRange),
        })
    }

    /// The conditions that an ordered index can use: those that fix its first columns, and those on the one behind. If it is
    /// `single`, each column is fixed at one value.
    pub(super) fn usable(&self, index: &Index, single: bool) -> (Numbers, Numbers) {
        let mut equal = Numbers::new();
        let null = |nth| {
            let is_null = |wish: &Wish<'_>| matches!(wish.test(index, nth), Some(Test::Null));
            self.numbered().find(|(_, wish)| is_null(wish)).map(|(number, _)| number)
        };
        for nth in 0..index.width() {
            let fixing = self.fixing(index, nth).filter(|(_, values)| !single || values.len() == 1);
            match fixing.map(|(number, _)| number).or_else(|| null(nth)) {
                Some(number) => equal.push(number),
                None => break,
            }
        }
        let nth = equal.len();
        let is_range = |wish: &Wish<'_>| {
            matches!(wish.test(index, nth), Some(Test::Range(..) | Test::Prefix(_)))
        };
        let range = self.numbered().filter(|(_, wish)| nth < index.width() && is_range(wish));
        let range = range.map(|(number, _)| number).collect();
        (equal, range)
    }

    fn range(&self, place: usize) -> Option<Offer> {
        let index = self.ground.index(place);
        let (equal, range) = self.usable(&index, false);
        if equal.is_empty() && range.is_empty() {
            return None;
        }
        let ranges = self.ranges(&index, &equal, &range)?;
        Some(self.range_offer(place, &index, equal, range, &ranges))
    }

    /// What some ranges of an ordered index would cost.
    pub(super) fn range_offer(
        &self,
        place: usize,
        index: &Index,
        equal: Numbers,
        range: Numbers,
        ranges: &[super::Bounds],
    ) -> Offer {
        let several = ranges.len() > 1;
        Offer {
            rows: self.entries(place, ranges).min(self.rows()),
            work: ranges.len() as f64 * DESCENT,
            each: ROW + if several { SLOT } else { 0.0 },
            kinds: Kinds::of(PlanKind::Range)
                .with_if(!equal.is_empty() && index.width() > 1, PlanKind::Prefix)
                .with_if(several, PlanKind::Several)
                .with_if(index.is_over_hybrid(), PlanKind::Hybrid),
            path: Path::Range { index: place, equal, range, descending: false },
        }
    }

    /// The rows that refer to parents whose keys a condition says.
    fn postings(&self, number: u16, wish: &Wish<'_>) -> Option<Offer> {
        let (foreign_key, parents) = wish.parents()?;
        if parents.len() > MOST {
            return None;
        }
        let statistics = self.ground.statistics(self.at.view);
        let rows = match parents {
            [parent] => {
                let place = parent.place(self.at.view);
                place.map_or(0, |place| statistics.children(foreign_key, place)) as f64
            }
            parents => parents.len() as f64 * self.average_children(foreign_key),
        };
        let several = parents.len() > 1;
        Some(Offer {
            path: Path::Postings { condition: number, foreign_key },
            rows,
            work: parents.len() as f64 * LOOKUP,
            each: ROW + if several { SLOT } else { 0.0 },
            kinds: Kinds::of(PlanKind::Postings).with_if(several, PlanKind::Several),
        })
    }

    fn average_children(&self, foreign_key: usize) -> f64 {
        average_children(self, self.ground, foreign_key)
    }

    /// By way of another table.
    fn way_round(&self, number: u16, side: &dyn Side) -> Option<Offer> {
        let wishes = side.wishes();
        let other = Task { ground: side.ground(), at: self.at, wishes: &wishes, efforts: &[] };
        let Offer { path, rows, work, each, .. } = other.best_for_places();
        let meant = other.rows().min(rows).min(other.rows() * other.selectivity_of(&wishes));
        let work = work + rows * each;
        let (kind, found, back) = match side.back() {
            Back::ToChildren(key) => {
                let found = meant * self.average_children(key);
                (PlanKind::FromParents, found, meant * LOOKUP)
            }
            Back::ToParents(_) => (PlanKind::FromChildren, meant, meant * SLOT),
            Back::ByLinks { join, far, .. } => {
                let links = meant * average_children(self, join, far);
                (PlanKind::FromLinks, links, meant * LOOKUP + links * ROW)
            }
        };
        Some(Offer {
            path: Path::Through { condition: number, table: side.ground(), other: Box::new(path) },
            rows: found.min(self.rows()),
            work: work + back,
            each: ROW + SLOT,
            kinds: Kinds::of(kind),
        })
    }

    /// By a walk, on which each row is met.
    fn walk(&self, number: u16, walk: &dyn Walk) -> Offer {
        let rows = self.walked(walk);
        let path = Path::Walk { condition: number };
        Offer { path, rows, work: rows * ROW, each: SLOT, kinds: Kinds::of(PlanKind::Walk) }
    }

    /// The cheapest way to all places that can matter.
    fn best_for_places(&self) -> Offer {
        let judging = self.judging(|_| false);
        let cost = |offer: &Offer| match offer.is_of_one_row() {
            true => 0.0,
            false => offer.work + offer.rows * (offer.each + judging),
        };
        let by_cost = |left: &Offer, right: &Offer| cost(left).total_cmp(&cost(right));
        self.offers().into_iter().min_by(by_cost).unwrap_or_else(|| self.scan())
    }

    /// The places that several indexes agree on: beginning with the one that finds the fewest, each that takes away more rows
    /// than it costs.
    fn add_intersections(&self, offers: &mut Vec<Offer>) {
        let mut single: Vec<&Offer> =
            offers.iter().filter(|offer| !matches!(offer.path, Path::Nothing)).collect();
        single.sort_by(|left, right| left.rows.total_cmp(&right.rows));
        let Some((first, others)) = single.split_first() else { return };
        let table = self.rows().max(1.0);
        // Places are collected before rows are read: what reads a row costs a place here.
        let collected = |offer: &Offer| offer.work + offer.rows * SLOT;
        let mut paths = vec![first.path.clone()];
        let (mut rows, mut work, mut kinds) = (first.rows, collected(first), first.kinds);
        let mut best = None;
        for other in others {
            let covered = paths
                .iter()
                .any(|path| path.uses_all_of(&other.path) || other.path.uses_all_of(path));
            if covered {
                continue;
            }
            let fewer = rows * (other.rows / table).min(1.0);
            let gains = (rows - fewer) * ROW > collected(other);
            if gains || best.is_none() {
                paths.push(other.path.clone());
                (rows, work, kinds) = (fewer, work + collected(other), kinds.and(other.kinds));
                best = Some(Offer {
                    path: Path::All(paths.clone()),
                    rows,
                    work,
                    each: ROW,
                    kinds: kinds.with(PlanKind::Intersection),
                });
            }
            if !gains {
                break;
            }
        }
        offers.extend(best);
    }

    /// The places that the branches of a condition lead to, if each has an index.
    fn union(&self, number: u16, wish: &Wish<'_>) -> Option<Offer> {
        let Wish::Any(branches) = wish else { return None };
        let mut union = Offer {
            path: Path::Nothing,
            rows: 0.0,
            work: 0.0,
            each: ROW + SLOT,
            kinds: Kinds::of(PlanKind::Union),
        };
        let mut paths = Vec::with_capacity(branches.len());
        for wishes in branches {
            let branch = Task { wishes, efforts: &[], ..*self };
            let Offer { path, rows, work, kinds, .. } = branch.best_for_places();
            if matches!(path, Path::Scan) {
                return None;
            }
            paths.push(path);
            union.rows += rows;
            union.work += work + rows * SLOT;
            union.kinds = union.kinds.and(kinds);
        }
        union.rows = union.rows.min(self.rows());
        union.path = Path::Any { condition: number, branches: paths };
        Some(union)
    }

    /// The hashes of the keys that conditions say, one condition for each column; `None` if these have other values than
    /// those that the path was made for.
    pub(super) fn hashes(&self, index: &Index, conditions: &[u16]) -> Option<Vec<u64>> {
        let mut keys: Vec<Vec<Known<'_>>> = vec![Vec::new()];
        for (nth, number) in conditions.iter().enumerate() {
            let values = self.wish(*number).values(index, nth)?;
            if keys.len().saturating_mul(values.len()) > MOST {
                return None;
            }
            let extended = |key: &Vec<Known<'a>>, value: &Known<'a>| {
                key.iter().chain([value]).copied().collect::<Vec<_>>()
            };
            keys = keys
                .iter()
                .flat_map(|key| values.iter().map(move |value| extended(key, value)))
                .collect();
        }
        keys.into_iter().map(|key| index.hash(self.at.view, key.into_iter())).collect()
    }
}

/// Children of a parent that has any.
fn average_children(task: &Task<'_, '_>, ground: &dyn super::Ground, foreign_key: usize) -> f64 {
    let (children, parents) = ground.statistics(task.at.view).all_children(foreign_key);
    children as f64 / parents.max(1) as f64
}

fn is_contradiction(wish: &Wish<'_>) -> bool {
    match wish {
        Wish::Hint(Hint::Values { test: Test::Among(values), .. }) => values.is_empty(),
        Wish::Any(branches) => branches.iter().all(|branch| branch.iter().any(is_contradiction)),
        _ => false,
    }
}

impl<'a> Wish<'a> {
    /// A foreign key, and the keys of the parents that it must refer to one of.
    pub(super) fn parents(&self) -> Option<(usize, &[Known<'a>])> {
        let Self::Hint(Hint::Values { access: Access::ForeignKey(_, place), test, .. }) = self
        else {
            return None;
        };
        match test {
            Test::Equal(parent) => Some((*place, std::slice::from_ref(parent))),
            Test::Among(parents) => Some((*place, parents)),
            _ => None,
        }
    }
}

impl Path {
    /// The conditions that it uses.
    pub(crate) fn conditions(&self) -> Numbers {
        match self {
            Self::Nothing | Self::Scan | Self::Related => Numbers::new(),
            Self::Lookup { conditions, .. } | Self::Ids { conditions, .. } => conditions.clone(),
            Self::Range { equal, range, .. } => equal.iter().chain(range).copied().collect(),
            Self::Postings { condition, .. }
            | Self::Walk { condition }
            | Self::Through { condition, .. }
            | Self::Any { condition, .. } => smallvec![*condition],
            Self::All(paths) => paths.iter().flat_map(Self::conditions).collect(),
        }
    }

    /// Does it read nothing somewhere, because conditions contradict each other?
    pub(crate) fn is_for_contradictions(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Through { other, .. } => other.is_for_contradictions(),
            Self::All(paths) | Self::Any { branches: paths, .. } => {
                paths.iter().any(Self::is_for_contradictions)
            }
            _ => false,
        }
    }

    /// Does it lead to all rows that meet its conditions? Where rows wait for their parents, none does that goes by lists of children.
    pub(crate) fn is_whole(&self, view: &View) -> bool {
        !view.open.orphan || !self.goes_by_children()
    }

    fn goes_by_children(&self) -> bool {
        match self {
            Self::Postings { .. } | Self::Walk { .. } | Self::Through { .. } => true,
            Self::All(paths) | Self::Any { branches: paths, .. } => {
                paths.iter().any(Self::goes_by_children)
            }
            _ => false,
        }
    }

    /// Does it use all conditions that another path uses?
    fn uses_all_of(&self, other: &Self) -> bool {
        let own = self.conditions();
        other.conditions().iter().all(|condition| own.contains(condition))
    }

    /// Does it answer this condition, so that rows need not be judged by it? Only if what it leads to is [exact](super::Found::is_exact).
    pub(crate) fn answers(&self, number: u16) -> bool {
        match self {
            Self::Range { equal, range, .. } => equal.contains(&number) || range.contains(&number),
            Self::Ids { conditions, .. } => conditions.contains(&number),
            Self::Postings { condition, .. } | Self::Walk { condition } => *condition == number,
            _ => false,
        }
    }
}
