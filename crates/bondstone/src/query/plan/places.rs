//! Following a path: from the values that conditions hold to places, without a look at the rows.

use std::ops::Bound;

use bondstone_storage::{Slot, Slots};

use super::{Bounds, Finds, Ground, Index, Path, Place, Task, Wish};
use crate::expression::At;
use crate::predicate::hint::{Back, Side};
use crate::predicate::{Hint, Known, Test};

/// What a path leads to.
pub(crate) enum Found<'v> {
    /// All rows.
    All,
    /// The rows that the query's row is related to.
    Related,
    /// The rows of a range of an ordered index. Exact.
    Range { index: usize, bounds: Bounds, descending: bool },
    /// All rows in the order of an index with an order of its own. Exact.
    OwnOrder { index: usize, descending: bool },
    /// The rows that refer to the row in a place. Exact.
    Children { foreign_key: usize, parent: Slot },
    /// The rows that a walk comes to. Exact.
    Walked(Vec<Slot>),
    /// The rows with ids in a range. Exact.
    Ids(Slots<'v>),
    /// Places to be looked at, no row being there twice.
    Hints(Slots<'v>),
    /// As these, collected, in their order.
    Places(Vec<Slot>),
}

impl Found<'_> {
    const NOTHING: Self = Self::Places(Vec::new());

    /// Are these exactly the rows that meet the conditions which the path answers?
    pub(crate) const fn is_exact(&self) -> bool {
        match self {
            Self::Range { .. }
            | Self::OwnOrder { .. }
            | Self::Children { .. }
            | Self::Walked(_)
            | Self::Ids(_) => true,
            Self::All | Self::Related | Self::Hints(_) | Self::Places(_) => false,
        }
    }
}

impl<'v, 'a> Task<'v, 'a> {
    /// Follows a path. `None`, if the conditions do not hold such values as those that it was made for.
    pub(crate) fn find(&self, path: &Path) -> Option<Found<'v>> {
        match path {
            Path::Scan => Some(Found::All),
            Path::Related => Some(Found::Related),
            Path::Range { index, equal, range, descending } => {
                let definition = self.ground.index(*index);
                if definition.kind == Finds::InOwnOrder {
                    return Some(Found::OwnOrder { index: *index, descending: *descending });
                }
                let mut ranges = self.ranges(&definition, equal, range)?;
                match (ranges.pop(), ranges.is_empty()) {
                    (None, _) => Some(Found::NOTHING),
                    (Some(bounds), true) => {
                        Some(Found::Range { index: *index, bounds, descending: *descending })
                    }
                    (Some(_), false) => self.places(path).map(Found::Places),
                }
            }
            Path::Postings { condition, .. } => match self.wish(*condition).parents()? {
                (foreign_key, [parent]) => Some(match parent.place(self.at.view) {
                    Some(parent) => Found::Children { foreign_key, parent },
                    None => Found::NOTHING,
                }),
                _ => self.places(path).map(Found::Places),
            },
            Path::Walk { .. } => self.places(path).map(Found::Walked),
            Path::Ids { conditions, descending } => {
                self.ids_between(conditions, *descending).map(Found::Ids)
            }
            Path::Lookup { index, conditions } => {
                let definition = index.of(self.ground);
                if definition.kind == Finds::Number {
                    return self.places(path).map(Found::Places);
                }
                match self.hashes(&definition, conditions)?[..] {
                    [] => Some(Found::NOTHING),
                    [hash] => self.by_hash(*index, hash).map(Found::Hints),
                    _ => self.places(path).map(Found::Places),
                }
            }
            Path::Nothing | Path::Through { .. } | Path::All(_) | Path::Any { .. } => {
                self.places(path).map(Found::Places)
            }
        }
    }

    fn by_hash(&self, place: Place, hash: u64) -> Option<Slots<'v>> {
        match place {
            Place::Key => self.ground.by_key_hash(self.at.view, hash),
            Place::Index(place) => self.ground.by_hash(self.at.view, place, hash),
        }
    }

    /// The places of numbered keys within all of some ranges.
    fn ids_between(&self, conditions: &[u16], descending: bool) -> Option<Slots<'v>> {
        let key = self.ground.key();
        let [first, others @ ..] = conditions else {
            let all = (Bound::Unbounded, Bound::Unbounded);
            return self.ground.by_id(self.at.view, all.0, all.1, descending);
        };
        let range = |number: &u16| match self.wish(*number).test(&key, 0) {
            Some(Test::Range(low, high)) => Some((*low, *high)),
            _ => None,
        };
        let (mut low, mut high) = range(first)?;
        for other in others {
            let (other_low, other_high) = range(other)?;
            low = self.ground.narrower(low, other_low, std::cmp::Ordering::Greater);
            high = self.ground.narrower(high, other_high, std::cmp::Ordering::Less);
        }
        let any = |bound: Bound<Known<'a>>| bound.map(|known| known.any());
        self.ground.by_id(self.at.view, any(low), any(high), descending)
    }

    /// The places that a path leads to, in their order, each once.
    fn places(&self, path: &Path) -> Option<Vec<Slot>> {
        let mut places = self.unsorted(path)?;
        places.sort_unstable();
        places.dedup();
        Some(places)
    }

    fn unsorted(&self, path: &Path) -> Option<Vec<Slot>> {
        let Self { ground, at, .. } = *self;
        Some(match path {
            // Other values need not contradict each other.
            Path::Nothing => self.contradicts().then(Vec::new)?,
            Path::Scan => ground.all(at.view),
            Path::Related => return None,
            Path::Lookup { index, conditions } => self.looked_up(*index, conditions)?,
            Path::Ids { conditions, .. } => self.ids_between(conditions, false)?.collect(),
            Path::Range { index, equal, range, .. } => {
                let ranges = self.ranges(&ground.index(*index), equal, range)?;
                let in_range =
                    |bounds: &Bounds| ground.in_range(at.view, *index, bounds.key_range());
                flat(ranges.iter().map(in_range))?
            }
            Path::Postings { condition, .. } => {
                let (foreign_key, parents) = self.wish(*condition).parents()?;
                let places = parents.iter().filter_map(|parent| parent.place(at.view));
                flat(places.map(|parent| ground.children(at.view, foreign_key, parent)))?
            }
            Path::Walk { condition } => match self.wish(*condition) {
                Wish::Hint(Hint::Walk(walk)) => walk.places(at.view, usize::MAX),
                _ => return None,
            },
            Path::Through { condition, other, .. } => match self.wish(*condition) {
                Wish::Hint(Hint::Related(side)) => self.through(&**side, other)?,
                _ => return None,
            },
            Path::All(paths) => self.intersection(paths)?,
            Path::Any { condition, branches } => {
                let Wish::Any(conditions) = self.wish(*condition) else { return None };
                let mut places = Vec::new();
                for (wishes, path) in conditions.iter().zip(branches) {
                    places.extend(Task { wishes, efforts: &[], ..*self }.unsorted(path)?);
                }
                places
            }
        })
    }

    fn looked_up(&self, place: Place, conditions: &[u16]) -> Option<Vec<Slot>> {
        let index: Index = place.of(self.ground);
        if index.kind == Finds::Number {
            let ids = self.wish(*conditions.first()?).values(&index, 0)?;
            return Some(
                ids.iter().filter_map(|id| self.ground.at_id(self.at.view, id.any())).collect(),
            );
        }
        let hashes = self.hashes(&index, conditions)?;
        flat(hashes.into_iter().map(|hash| self.by_hash(place, hash)))
    }

    fn intersection(&self, paths: &[Path]) -> Option<Vec<Slot>> {
        let (first, others) = paths.split_first()?;
        let mut places = self.places(first)?;
        for other in others {
            if places.is_empty() {
                break;
            }
            let others = self.places(other)?;
            let mut rest = others.iter().peekable();
            places.retain(|place| {
                while rest.next_if(|other| *other < place).is_some() {}
                rest.peek() == Some(&place)
            });
        }
        Some(places)
    }

    /// The rows of another table, and from there back.
    fn through(&self, side: &dyn Side, path: &Path) -> Option<Vec<Slot>> {
        let wishes = side.wishes();
        let other = Task { ground: side.ground(), at: self.at, wishes: &wishes, efforts: &[] };
        let mut places = other.places(path)?;
        side.retain(&mut places, self.at);
        lead_back(self.ground, side.ground(), side.back(), &places, self.at)
    }
}

/// From places on the other side to ours.
fn lead_back(
    ground: &dyn Ground,
    other: &dyn Ground,
    back: Back,
    places: &[Slot],
    at: At<'_, '_>,
) -> Option<Vec<Slot>> {
    match back {
        Back::ToChildren(key) => {
            flat(places.iter().map(|parent| ground.children(at.view, key, *parent)))
        }
        Back::ToParents(key) => {
            Some(places.iter().filter_map(|child| other.parent(at.view, key, *child)).collect())
        }
        Back::ByLinks { join, near, far } => {
            let links = flat(places.iter().map(|target| join.children(at.view, far, *target)))?;
            Some(links.into_iter().filter_map(|link| join.parent(at.view, near, link)).collect())
        }
    }
}

/// All slots, unless an index that was asked for is none.
fn flat<'v>(found: impl Iterator<Item = Option<Slots<'v>>>) -> Option<Vec<Slot>> {
    let mut places = Vec::new();
    for slots in found {
        slots?.for_each(|slot| places.push(slot));
    }
    Some(places)
}
