//! Histories and queries from bytes. Any bytes are valid, zeros mean what is simplest, and behind the end there are zeros:
//! so a case with fewer or smaller bytes is a simpler case.

use std::ops::Bound;

use super::cell::{Cell, Kind};
use super::history::{Sight, Step};
use super::question::{
    Ask, By, Comparison, Condition, End, Fetch, Group, Having, Join, Order, Quantifier, Start,
    Summary, Way,
};
use super::run::Case;
use super::schema::{Key, Relation, Table};
use crate::decode::Bytes;

/// How deep conditions nest.
const DEPTH: usize = 3;

/// The case that the bytes say.
#[must_use]
pub fn decode(bytes: &[u8]) -> Case {
    let mut bytes = Bytes(bytes);
    let mut history = bytes.opening();
    let mut asks = Vec::new();
    while !bytes.0.is_empty() {
        if bytes.flag() {
            asks.push(bytes.ask());
        } else {
            history.push(bytes.step());
        }
    }
    Case { history, asks }
}

impl Bytes<'_> {
    fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[usize::from(self.next()) % things.len()]
    }

    /// Once in so many times.
    fn rarely(&mut self, times: u8) -> bool {
        self.next() % times == times - 1
    }

    /// Rows in every table, of most of them.
    pub(super) fn opening(&mut self) -> Vec<Step> {
        let sizes: [u8; 6] = [10, 45, 30, 90, 25, 70];
        let fill =
            |(table, size): (Table, u8)| Step::Fill(table, self.next() % (size + 1), self.next());
        let mut steps: Vec<Step> = Table::ALL.into_iter().zip(sizes).map(fill).collect();
        steps.push(Step::End(true));
        steps
    }

    pub(super) fn step(&mut self) -> Step {
        let kind = self.next() % 16;
        let table = self.one_of(&Table::ALL);
        match kind {
            0..4 => Step::Set(table, self.next(), self.next(), self.next()),
            4..7 => Step::Put(table, self.take(table.specification().columns.len())),
            7..9 => Step::Delete(table, self.next()),
            9 => Step::Rekey(self.one_of(&[Table::Towns, table]), self.next(), self.next()),
            10 | 11 => Step::Snapshot,
            12 => Step::End(false),
            13 => Step::Fill(table, self.next() % 8, self.next()),
            _ => Step::End(true),
        }
    }

    pub(super) fn ask(&mut self) -> (Sight, Ask) {
        let sight = match self.next() % 4 {
            0 => Sight::Snapshot(0),
            1 => Sight::Snapshot(self.next()),
            _ => Sight::Transaction,
        };
        let start = if self.rarely(6) { self.start() } else { None };
        let table = match &start {
            Some(start) => start.table.reached(start.relation.steps),
            // What has most indexes is asked most.
            None => self.one_of(&[
                Table::People,
                Table::Orders,
                Table::People,
                Table::Orders,
                Table::Towns,
                Table::Tags,
                Table::Labels,
                Table::Badges,
            ]),
        };
        let end = self.end(table);
        let conditions = self.up_to(3, |bytes| bytes.condition(table, DEPTH));
        let refused = self.rarely(8).then(|| self.next() % 3);
        let mut orders = self.up_to(3, |bytes| bytes.order(table));
        let limit = self.rarely(3).then(|| usize::from(self.next() % 12));
        let offset = if self.rarely(4) { usize::from(self.next() % 8) } else { 0 };
        let cut = limit.is_some() || offset > 0;
        // Where it matters which rows come, or which comes first, no two are to be tied.
        let is_total = match end {
            End::Aggregate(_) | End::Group(_) | End::Join(_) => cut,
            End::Select(..) => true,
            _ => self.rarely(3),
        };
        if is_total {
            orders.extend(table.total_order());
        }
        let prepared = if start.is_none() { self.earlier(&conditions) } else { None };
        (sight, Ask { table, start, conditions, refused, orders, offset, limit, end, prepared })
    }

    /// What the values of the first leaf were when the query, prepared, ran before. Nulls among them are no rarity: a plan for
    /// null is a plan for no rows.
    fn earlier(&mut self, conditions: &[Condition]) -> Option<[Cell; 2]> {
        let kind = match conditions.first()?.first_leaf()? {
            Condition::Compare(key, ..) | Condition::Within(key, ..) => key.kind,
            _ => return None,
        };
        let mut cell = || if self.rarely(4) { Cell::Null } else { kind.value(self.next()) };
        let cells = [cell(), cell()];
        self.flag().then_some(cells)
    }

    /// At most so many of something, perhaps none.
    fn up_to<T>(&mut self, most: u8, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.next() % (most + 1)).map(|_| one(self)).collect()
    }

    fn end(&mut self, table: Table) -> End {
        match self.next() % 24 {
            0..5 => End::All,
            5 | 6 => End::Count,
            7 => End::Ids,
            8 => End::First,
            9 => End::Exists,
            10 => End::One,
            11 | 12 => End::Aggregate(Summary {
                key: self.key(table),
                condition: self.condition(table, 0),
            }),
            13..16 => End::Group(self.group(table)),
            16 => End::Select(self.by(table), self.flag()),
            17 | 18 => self.fetch(table).map_or(End::All, End::With),
            19..22 => End::Join(self.join(table)),
            _ => End::Pages(usize::from(self.next() % 5) + 1),
        }
    }

    fn by(&mut self, table: Table) -> By {
        if self.rarely(4) {
            By::Pair(self.one_of(table.specification().pairs))
        } else {
            By::Key(self.key(table))
        }
    }

    fn group(&mut self, table: Table) -> Group {
        let (by, condition) = (self.by(table), self.condition(table, 0));
        let mut having = Having::ANY;
        match self.next() % 8 {
            0..4 => {}
            4 => having.rows = usize::from(self.next() % 4),
            5 => having.above = i64::from(self.next() % 8),
            6 => having.least = i64::from(self.next() % 6),
            _ => {
                having.above = i64::from(self.next() % 16);
                having.just = usize::from(self.next() % 4);
            }
        }
        let limit = self.rarely(4).then(|| usize::from(self.next() % 5));
        Group { by, condition, having, limit }
    }

    fn join(&mut self, table: Table) -> Join {
        let joints = table.specification().joints;
        let by = &joints[usize::from(self.next()) % joints.len()];
        Join {
            by,
            left: self.flag(),
            condition: self.flag().then(|| self.condition(by.right, 1)),
            refused: self.rarely(3).then(|| self.next() % 3),
            limit: self.rarely(3).then(|| usize::from(self.next() % 12)),
            kind: self.flag().then(|| self.next()),
        }
    }

    fn fetch(&mut self, table: Table) -> Option<Fetch> {
        let specification = table.specification();
        let (manies, ones) = (specification.manies, specification.ones);
        let relation = if self.flag() || manies.is_empty() {
            return Some(Fetch {
                relation: self.relation(ones)?,
                condition: None,
                first: None,
                kind: self.flag().then(|| self.next()),
            });
        } else {
            self.relation(manies)?
        };
        let target = table.reached(relation.steps);
        Some(Fetch {
            relation,
            condition: self.flag().then(|| self.condition(target, 1)),
            first: self.flag().then(|| (self.order(target), usize::from(self.next() % 4))),
            kind: self.flag().then(|| self.next()),
        })
    }

    fn start(&mut self) -> Option<Start> {
        let table = self.one_of(&[Table::People, Table::Towns, Table::Tags]);
        Some(Start {
            table,
            relation: self.relation(table.specification().manies)?,
            row: self.next(),
        })
    }

    fn relation(&mut self, relations: &'static [Relation]) -> Option<&'static Relation> {
        let place = usize::from(self.next()) % relations.len().max(1);
        relations.get(place)
    }

    /// A key of a sort that some tables have not.
    fn key_of(&mut self, table: Table, is_meant: impl Fn(Kind) -> bool) -> Option<&'static Key> {
        let keys: Vec<&Key> =
            table.specification().keys.iter().filter(|key| is_meant(key.kind)).collect();
        (!keys.is_empty()).then(|| self.one_of(&keys))
    }

    fn key(&mut self, table: Table) -> &'static Key {
        let keys = table.specification().keys;
        &keys[usize::from(self.next()) % keys.len()]
    }

    fn order(&mut self, table: Table) -> Order {
        let key = self.key(table);
        let bits = self.next();
        let nulls_first = match bits / 2 % 4 {
            0 | 1 => None,
            2 => Some(true),
            _ => Some(false),
        };
        Order { key, descending: bits % 2 == 1, nulls_first }
    }

    fn cell(&mut self, kind: Kind) -> Cell {
        if self.rarely(12) { Cell::Null } else { kind.value(self.next()) }
    }

    fn bound(&mut self, kind: Kind) -> Bound<Cell> {
        match self.next() % 8 {
            0..3 => Bound::Included(self.cell(kind)),
            3..6 => Bound::Excluded(self.cell(kind)),
            _ => Bound::Unbounded,
        }
    }

    fn condition(&mut self, table: Table, depth: usize) -> Condition {
        let found = match self.next() % 24 {
            0..5 => None,
            5 | 6 => Some(self.within(table)),
            7 | 8 => Some(self.among(table)),
            9 => Some(Condition::IsNone(self.key(table))),
            10 => Some(Condition::IsSome(self.key(table))),
            11 => self.key_of(table, |kind| kind == Kind::Flag).map(Condition::IsTrue),
            12 | 13 => self.text(table),
            14 => {
                let pair = self.one_of(table.specification().pairs);
                Some(Condition::Pair(pair, self.one_of(&Comparison::ALL)))
            }
            15 if table.specification().hierarchy.is_some() && self.flag() => {
                let row = Kind::Key(table).value(self.next());
                Some(if self.flag() { Condition::Under(row) } else { Condition::Above(row) })
            }
            15 => self.relation(table.specification().manies).map(Condition::IsEmpty),
            _ if depth == 0 => None,
            16 | 17 => self.related(table, depth - 1),
            18 | 19 => self.is(table, depth - 1),
            20 => Some(Condition::And(self.up_to(3, |bytes| bytes.condition(table, depth - 1)))),
            21 | 22 => {
                Some(Condition::Or(self.up_to(3, |bytes| bytes.condition(table, depth - 1))))
            }
            _ => Some(Condition::Not(Box::new(self.condition(table, depth - 1)))),
        };
        found.unwrap_or_else(|| self.compare(table))
    }

    fn compare(&mut self, table: Table) -> Condition {
        let (key, comparison) = (self.key(table), self.one_of(&Comparison::ALL));
        Condition::Compare(key, comparison, self.cell(key.kind))
    }

    fn within(&mut self, table: Table) -> Condition {
        let key = self.key(table);
        Condition::Within(key, self.bound(key.kind), self.bound(key.kind))
    }

    fn among(&mut self, table: Table) -> Condition {
        let key = self.key(table);
        Condition::In(key, self.up_to(5, |bytes| bytes.cell(key.kind)))
    }

    fn text(&mut self, table: Table) -> Option<Condition> {
        let key = self.key_of(table, |kind| matches!(kind, Kind::Word | Kind::Name))?;
        let (way, ignoring_case) = (self.one_of(&Way::ALL), self.flag());
        let whole = key.kind.value(self.next()).text()?.to_owned();
        // Often a part only.
        let part = match (self.next() % 3, whole.char_indices().nth(1)) {
            (0, Some((end, _))) => whole[..end].to_owned(),
            (1, Some((start, _))) => whole[start..].to_owned(),
            _ => whole,
        };
        Some(Condition::Text(key, way, ignoring_case, part))
    }

    fn related(&mut self, table: Table, depth: usize) -> Option<Condition> {
        let relation = self.relation(table.specification().manies)?;
        let quantifier = self.one_of(&Quantifier::ALL);
        let condition = self.condition(table.reached(relation.steps), depth);
        Some(Condition::Related(relation, quantifier, Box::new(condition)))
    }

    fn is(&mut self, table: Table, depth: usize) -> Option<Condition> {
        let relation = self.relation(table.specification().ones)?;
        let condition = self.condition(table.reached(relation.steps), depth);
        Some(Condition::Is(relation, Box::new(condition)))
    }
}
