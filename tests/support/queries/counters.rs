//! What random queries have met. A kind of question that was never asked was never tested, and one whose answer is always
//! the same hardly was.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;

use bondstone::{JoinKind, PlanKind};

use super::cell::Cell;
use super::engine::Run;
use super::history::Sight;
use super::naive::Naive;
use super::question::{Ask, By, Comparison, Condition, End, Having, Order, Quantifier, Way};
use super::schema::Table;

/// How often each thing was met.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    met: BTreeMap<String, u64>,
    /// All queries.
    pub queries: u64,
}

impl Counters {
    /// Something happened.
    pub fn count(&mut self, what: impl Into<String>) {
        *self.met.entry(what.into()).or_default() += 1;
    }

    /// Adds what others have met.
    pub fn add(&mut self, other: &Self) {
        self.queries += other.queries;
        for (what, count) in &other.met {
            *self.met.entry(what.clone()).or_default() += count;
        }
    }

    /// What was never met, of all that is to be.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        required().into_iter().filter(|what| !self.met.contains_key(what)).collect()
    }

    /// All that was met.
    #[must_use]
    pub fn met(&self) -> BTreeSet<String> {
        self.met.keys().cloned().collect()
    }

    /// A query was run.
    pub(crate) fn run(&mut self, run: &Run) {
        match run {
            Run::Planned(kinds) => {
                kinds.iter().for_each(|kind| self.count(format!("planned: {kind:?}")))
            }
            Run::Forced(kind) => self.count(format!("forced: {kind:?}")),
            Run::Prepared => self.count("prepared"),
        }
    }

    /// A query is asked.
    pub fn ask(&mut self, sight: Sight, ask: &Ask, naive: &Naive) {
        self.queries += 1;
        let table = name(ask.table);
        self.count(match sight {
            Sight::Transaction => "sight: transaction",
            Sight::Snapshot(0) => "sight: newest",
            Sight::Snapshot(_) => "sight: old",
        });
        self.count(end(&ask.end));
        self.details(ask, naive);
        self.count(match ask.conditions.len() {
            0 => "conditions: none",
            1 => "conditions: one",
            _ => "conditions: several",
        });
        if let Some(start) = &ask.start {
            self.count(format!("start: {}.{}", name(start.table), start.relation.name));
        }
        if ask.refused.is_some() {
            self.count("closure");
        }
        for (place, order) in ask.orders.iter().enumerate() {
            self.count(direction(order));
            self.count(format!("order: {table}.{}", order.key.name));
            self.count(if place == 0 { "order: first" } else { "order: further" });
        }
        let found = naive.found(ask).len();
        self.count(match (ask.offset, ask.limit) {
            (0, None) => "limit: none",
            (0, Some(0)) => "limit: nothing",
            (0, Some(limit)) if limit < found => "limit: some",
            (0, Some(_)) => "limit: all",
            (offset, _) if offset >= found => "offset: beyond",
            (_, None) => "offset: alone",
            (_, Some(_)) => "offset: with limit",
        });
        self.count(match found {
            0 => "found: none",
            1 => "found: one",
            _ if found == naive.rows(ask.table).len() => "found: all",
            _ => "found: some",
        });
        if let (Some(earlier), Some(condition)) = (&ask.prepared, ask.conditions.first()) {
            self.prepared(earlier, condition);
        }
        for condition in &ask.conditions {
            self.condition(ask.table, condition, naive);
        }
    }

    /// What a prepared query was planned for.
    fn prepared(&mut self, [first, second]: &[Cell; 2], condition: &Condition) {
        match condition.first_leaf() {
            Some(Condition::Within(_, low, high)) => {
                let is_closed = ![low, high].contains(&&Bound::Unbounded);
                let is_empty = is_closed && first > second;
                self.count(if is_empty { "prepared: empty range" } else { "prepared: range" });
            }
            _ if first.is_null() => self.count("prepared: null"),
            _ => self.count("prepared: value"),
        }
        if !matches!(condition, Condition::Compare(..) | Condition::Within(..)) {
            self.count("prepared: inside");
        }
    }

    fn details(&mut self, ask: &Ask, naive: &Naive) {
        match &ask.end {
            End::Aggregate(summary) => self.condition(ask.table, &summary.condition, naive),
            End::Group(group) => {
                self.count(by(&group.by, "groups"));
                self.count(if group.having == Having::ANY {
                    "having: all"
                } else {
                    "having: some"
                });
                self.count(if group.limit.is_some() {
                    "groups: limit"
                } else {
                    "groups: no limit"
                });
                self.condition(ask.table, &group.condition, naive);
            }
            End::Select(what, distinct) => {
                self.count(by(what, "select"));
                self.count(if *distinct { "select: distinct" } else { "select: all" });
            }
            End::Join(join) => {
                self.count(format!("join: {}.{}", name(ask.table), join.by.name));
                self.count(if join.left { "join: left" } else { "join: inner" });
                self.count(if join.condition.is_some() { "join: some" } else { "join: all" });
                self.count(match join.kind {
                    Some(kind) => format!(
                        "join: {:?}",
                        JoinKind::ALL[usize::from(kind) % JoinKind::ALL.len()]
                    ),
                    None => "join: by counts".to_owned(),
                });
                if join.refused.is_some() {
                    self.count("join: closure");
                }
                if join.limit.is_some() {
                    self.count("join: limit");
                }
            }
            End::With(fetch) => {
                self.count(format!("with: {}.{}", name(ask.table), fetch.relation.name));
                self.count(match (&fetch.condition, &fetch.first) {
                    (None, None) => "with: plain",
                    (Some(_), None) => "with: filter",
                    (None, Some(_)) => "with: order and limit",
                    (Some(_), Some(_)) => "with: filter, order and limit",
                });
                self.count(if fetch.kind.is_some() { "with: forced" } else { "with: by counts" });
            }
            _ => {}
        }
    }

    fn condition(&mut self, table: Table, condition: &Condition, naive: &Naive) {
        let kind = kind(condition);
        for row in naive.rows(table) {
            let is_met = naive.meets(table, row, condition);
            self.count(format!("condition: {kind}, {}", if is_met { "met" } else { "not met" }));
        }
        let of = |word: &str, what: &str| format!("{word}: {}.{what}", name(table));
        match condition {
            Condition::Compare(key, ..)
            | Condition::Within(key, ..)
            | Condition::In(key, _)
            | Condition::IsNone(key)
            | Condition::IsSome(key)
            | Condition::IsTrue(key)
            | Condition::Text(key, ..) => self.count(of("key", key.name)),
            Condition::Pair(pair, _) => self.count(of("pair", &format!("{pair:?}"))),
            Condition::Related(relation, _, condition) | Condition::Is(relation, condition) => {
                self.count(of("relation", relation.name));
                self.condition(table.reached(relation.steps), condition, naive);
            }
            Condition::IsEmpty(relation) => self.count(of("relation", relation.name)),
            Condition::Under(_) | Condition::Above(_) => self.count(of("hierarchy", "rows")),
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter().for_each(|part| self.condition(table, part, naive));
            }
            Condition::Not(condition) => self.condition(table, condition, naive),
        }
    }
}

fn name(table: Table) -> &'static str {
    table.specification().name
}

fn end(end: &End) -> &'static str {
    match end {
        End::All => "end: all",
        End::Ids => "end: ids",
        End::Count => "end: count",
        End::Exists => "end: exists",
        End::First => "end: first",
        End::One => "end: one",
        End::Aggregate(_) => "end: aggregate",
        End::Group(_) => "end: groups",
        End::Select(..) => "end: select",
        End::With(_) => "end: with",
        End::Join(_) => "end: join",
        End::Pages(_) => "end: pages",
    }
}

fn by(by: &By, word: &str) -> String {
    match by {
        By::Key(_) => format!("{word}: by one key"),
        By::Pair(_) => format!("{word}: by two keys"),
    }
}

fn direction(order: &Order) -> String {
    let direction = if order.descending { "descending" } else { "ascending" };
    let nulls = match order.nulls_first {
        None => "as usual",
        Some(true) => "first",
        Some(false) => "last",
    };
    format!("order: {direction}, nulls {nulls}")
}

fn kind(condition: &Condition) -> String {
    match condition {
        Condition::Compare(_, comparison, cell) if cell.is_null() => {
            format!("{comparison:?} null")
        }
        Condition::Compare(_, comparison, _) => format!("{comparison:?}"),
        Condition::Pair(_, comparison) => format!("pair {comparison:?}"),
        Condition::Within(..) => "within".to_owned(),
        Condition::In(..) => "in".to_owned(),
        Condition::IsNone(_) => "is none".to_owned(),
        Condition::IsSome(_) => "is some".to_owned(),
        Condition::IsTrue(_) => "is true".to_owned(),
        Condition::Text(_, way, ignoring_case, _) => text(*way, *ignoring_case),
        Condition::Related(_, quantifier, _) => format!("{quantifier:?}"),
        Condition::IsEmpty(_) => "is empty".to_owned(),
        Condition::Is(..) => "is".to_owned(),
        Condition::Under(_) => "under".to_owned(),
        Condition::Above(_) => "above".to_owned(),
        Condition::And(_) => "and".to_owned(),
        Condition::Or(_) => "or".to_owned(),
        Condition::Not(_) => "not".to_owned(),
    }
}

fn text(way: Way, ignoring_case: bool) -> String {
    format!("{way:?}{}", if ignoring_case { " in any case" } else { "" })
}

/// All that is to be met.
#[must_use]
pub fn required() -> BTreeSet<String> {
    let words = [
        "sight: transaction",
        "sight: newest",
        "sight: old",
        "end: all",
        "end: ids",
        "end: count",
        "end: exists",
        "end: first",
        "end: one",
        "end: aggregate",
        "end: groups",
        "end: select",
        "end: with",
        "end: join",
        "end: pages",
        "prepared",
        "prepared: value",
        "prepared: null",
        "prepared: range",
        "prepared: empty range",
        "prepared: inside",
        "join: left",
        "join: inner",
        "join: some",
        "join: all",
        "join: by counts",
        "join: closure",
        "join: limit",
        "groups: by one key",
        "groups: by two keys",
        "groups: limit",
        "groups: no limit",
        "having: all",
        "having: some",
        "select: all",
        "select: distinct",
        "select: by one key",
        "select: by two keys",
        "with: plain",
        "with: filter",
        "with: order and limit",
        "with: filter, order and limit",
        "with: forced",
        "with: by counts",
        "conditions: none",
        "conditions: one",
        "conditions: several",
        "closure",
        "order: first",
        "order: further",
        "limit: none",
        "limit: nothing",
        "limit: some",
        "limit: all",
        "offset: alone",
        "offset: beyond",
        "offset: with limit",
        "found: none",
        "found: one",
        "found: all",
        "found: some",
    ];
    let mut required: BTreeSet<String> = words.into_iter().map(String::from).collect();
    for direction in ["ascending", "descending"] {
        let nulls = ["as usual", "first", "last"];
        required.extend(nulls.map(|nulls| format!("order: {direction}, nulls {nulls}")));
    }
    required.extend(JoinKind::ALL.map(|kind| format!("join: {kind:?}")));
    for kind in PlanKind::ALL {
        required.extend(["planned", "forced"].map(|word| format!("{word}: {kind:?}")));
    }
    required.extend(condition_kinds());
    required.extend(Table::ALL.into_iter().flat_map(words_of));
    required
}

/// Each kind of condition, met and not met, where it can be.
fn condition_kinds() -> Vec<String> {
    let mut kinds: Vec<String> = [
        "Equal null",
        "Unequal null",
        "within",
        "in",
        "is none",
        "is some",
        "is true",
        "is empty",
        "is",
        "and",
        "or",
        "not",
    ]
    .map(String::from)
    .into();
    for comparison in Comparison::ALL {
        kinds.extend([format!("{comparison:?}"), format!("pair {comparison:?}")]);
    }
    for way in Way::ALL {
        kinds.extend([text(way, false), text(way, true)]);
    }
    kinds.extend(Quantifier::ALL.map(|quantifier| format!("{quantifier:?}")));
    let both = |kind| ["met", "not met"].map(|met| format!("condition: {kind}, {met}"));
    let mut words: Vec<String> = kinds.iter().flat_map(both).collect();
    // No order has a place for null.
    words.push("condition: Less null, not met".to_owned());
    words.push("condition: GreaterOrEqual null, not met".to_owned());
    words
}

/// Everything that a table can be asked.
fn words_of(table: Table) -> Vec<String> {
    let specification = table.specification();
    let mut words = Vec::new();
    for key in specification.keys {
        words.extend(["key", "order"].map(|word| format!("{word}: {}.{}", name(table), key.name)));
    }
    for pair in specification.pairs {
        words.push(format!("pair: {}.{pair:?}", name(table)));
    }
    for relation in specification.manies {
        let relation = relation.name;
        words.extend(
            ["relation", "start", "with"].map(|word| format!("{word}: {}.{relation}", name(table))),
        );
    }
    for relation in specification.ones {
        let relation = relation.name;
        words
            .extend(["relation", "with"].map(|word| format!("{word}: {}.{relation}", name(table))));
    }
    for joint in specification.joints {
        words.push(format!("join: {}.{}", name(table), joint.name));
    }
    if specification.hierarchy.is_some() {
        words.push(format!("hierarchy: {}.rows", name(table)));
    }
    words
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>9} queries", self.queries)?;
        for (what, count) in &self.met {
            writeln!(f, "{count:>9} {what}")?;
        }
        Ok(())
    }
}
