//! The same query over plain lists, as simply as can be said: what `docs` and documentation promise, and nothing of how the
//! engine does it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::cell::Cell;
use super::engine::accepts;
use super::question::{
    Answer, Ask, By, Choice, Comparison, Condition, End, Fetch, Group, Order, Quantifier, Row,
    Start, Summary, Way,
};
use super::schema::{Key, Read, Step, Table};

/// All rows of all tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naive {
    tables: [Vec<Row>; Table::ALL.len()],
}

impl Naive {
    /// The rows of a table.
    #[must_use]
    pub fn rows(&self, table: Table) -> &[Row] {
        &self.tables[table as usize]
    }

    pub(crate) fn rows_mut(&mut self, table: Table) -> &mut Vec<Row> {
        &mut self.tables[table as usize]
    }

    /// The row that a query begins with.
    #[must_use]
    pub fn start(&self, start: &Start) -> Option<&Row> {
        choose(self.rows(start.table), start.row)
    }

    /// The rows that a query is about, in its order, before limits.
    #[must_use]
    pub fn found(&self, ask: &Ask) -> Vec<&Row> {
        let start = ask.start.as_ref().and_then(|start| Some((start, self.start(start)?)));
        let candidates = match start {
            Some((start, row)) => self.walk(start.table, row, start.relation.steps),
            None => self.rows(ask.table).iter().collect(),
        };
        let number = ask.table.column(ask.table.specification().number);
        let mut rows: Vec<&Row> = candidates
            .into_iter()
            .filter(|row| ask.conditions.iter().all(|each| self.meets(ask.table, row, each)))
            .filter(|row| ask.refused.is_none_or(|refused| accepts(&row[number], refused)))
            .collect();
        rows.sort_by(|left, right| self.compare(ask.table, &ask.orders, left, right));
        rows
    }

    /// The order of two rows.
    fn compare(&self, table: Table, orders: &[Order], left: &Row, right: &Row) -> Ordering {
        let by = |order: &Order| {
            let read = |row| self.read(table, row, order.key);
            compare_cells(order, &read(left), &read(right))
        };
        orders.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Do rows stand at the same place of the order?
    #[must_use]
    pub fn are_tied(&self, ask: &Ask, left: &Row, right: &Row) -> bool {
        self.compare(ask.table, &ask.orders, left, right).is_eq()
    }

    /// The value of a key.
    #[must_use]
    pub fn read(&self, table: Table, row: &Row, key: &Key) -> Cell {
        self.value(table, row, &key.read)
    }

    fn value(&self, table: Table, row: &Row, read: &Read) -> Cell {
        match read {
            Read::Column(name) => row[table.column(name)].clone(),
            Read::Up(column, then) => {
                let parent = self.walk(table, row, &[Step::Up(column)]).pop();
                parent.map_or(Cell::Null, |parent| self.value(table.parent(column), parent, then))
            }
            Read::Size(steps) => Cell::Number(self.walk(table, row, steps).len() as i64),
            Read::Sum(steps, of) => {
                let values = self.walk(table, row, steps).into_iter();
                let values = values.map(|row| self.value(table.reached(steps), row, of));
                Cell::Number(values.filter_map(|value| value.number()).sum())
            }
            Read::Calc(reads, calculate, _) => {
                let cells: Vec<Cell> =
                    reads.iter().map(|read| self.value(table, row, read)).collect();
                calculate(&cells)
            }
        }
    }

    /// The rows that steps lead to.
    fn walk<'a>(&'a self, table: Table, row: &'a Row, steps: &[Step]) -> Vec<&'a Row> {
        let Some((step, rest)) = steps.split_first() else { return vec![row] };
        let (next, column, wanted) = match step {
            Step::Up(column) => (table.parent(column), 0, &row[table.column(column)]),
            Step::Down(child, column) => (*child, child.column(column), &row[0]),
        };
        let rows = self.rows(next).iter().filter(|other| other[column] == *wanted);
        rows.flat_map(|other| self.walk(next, other, rest)).collect()
    }

    /// Does a row meet a condition?
    #[must_use]
    pub fn meets(&self, table: Table, row: &Row, condition: &Condition) -> bool {
        let read = |key: &Key| self.read(table, row, key);
        match condition {
            Condition::Compare(key, comparison, cell) => holds(*comparison, &read(key), cell),
            Condition::Pair((left, right), comparison) => {
                holds(*comparison, &read(table.key(left)), &read(table.key(right)))
            }
            Condition::Within(key, low, high) => is_within(&read(key), low, high),
            Condition::In(key, cells) => {
                let value = read(key);
                !value.is_null() && cells.contains(&value)
            }
            Condition::IsNone(key) => read(key).is_null(),
            Condition::IsSome(key) => !read(key).is_null(),
            Condition::IsTrue(key) => read(key) == Cell::Number(1),
            Condition::Text(key, way, ignoring_case, part) => {
                read(key).text().is_some_and(|text| is_like(text, *way, *ignoring_case, part))
            }
            Condition::Related(relation, quantifier, condition) => {
                let target = table.reached(relation.steps);
                let related = self.walk(table, row, relation.steps);
                let met = related.iter().filter(|row| self.meets(target, row, condition)).count();
                match quantifier {
                    Quantifier::Any => met > 0,
                    Quantifier::All => met == related.len(),
                    Quantifier::None => met == 0,
                }
            }
            Condition::IsEmpty(relation) => self.walk(table, row, relation.steps).is_empty(),
            Condition::Is(relation, condition) => {
                let target = table.reached(relation.steps);
                let related = self.walk(table, row, relation.steps);
                related.first().is_some_and(|row| self.meets(target, row, condition))
            }
            Condition::Under(above) => self.ancestors(table, row).contains(above),
            Condition::Above(below) => {
                let below = self.rows(table).iter().find(|row| row[0] == *below);
                below.is_some_and(|below| self.ancestors(table, below).contains(&row[0]))
            }
            Condition::And(parts) => parts.iter().all(|part| self.meets(table, row, part)),
            Condition::Or(parts) => parts.iter().any(|part| self.meets(table, row, part)),
            Condition::Not(condition) => !self.meets(table, row, condition),
        }
    }

    /// Is this a right answer?
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn judge(&self, ask: &Ask, answer: &Answer) -> Result<(), String> {
        let found = self.found(ask);
        let end = ask.limit.map_or(found.len(), |limit| ask.offset.saturating_add(limit));
        let end = end.min(found.len());
        let rows = &found[ask.offset.min(end)..end];
        let expected = match (&ask.end, answer) {
            (End::All | End::Ids, Answer::Rows(keys)) => {
                return self.judge_rows(ask, &found, rows, keys);
            }
            (End::First, Answer::Rows(keys)) => {
                return self.judge_rows(ask, &found, &rows[..rows.len().min(1)], keys);
            }
            (End::One, Answer::One(Ok(key))) if rows.len() == 1 => {
                return self.judge_rows(ask, &found, rows, std::slice::from_ref(key));
            }
            (End::With(fetch), Answer::Nested(nested)) => {
                return self.judge_nested(ask, &found, rows, fetch, nested);
            }
            (End::Pages(size), Answer::Pages(pages)) => {
                return self.judge_pages(ask, &found, *size, pages);
            }
            (End::One, _) if rows.len() == 1 => return Err("there is one row".to_owned()),
            (End::One, _) => Answer::One(Err(rows.len() > 1)),
            (End::Count, _) => Answer::Count(rows.len()),
            (End::Exists, _) => Answer::Exists(!rows.is_empty()),
            (End::Aggregate(summary), _) => {
                Answer::Lines(vec![self.summary(ask.table, rows, summary)])
            }
            (End::Group(group), _) => Answer::Lines(self.groups(ask.table, rows, group)),
            (End::Select(by, distinct), _) => {
                Answer::Lines(self.selected(ask.table, rows, by, *distinct))
            }
            (End::All | End::Ids | End::First | End::With(_) | End::Pages(_), _) => {
                return Err("rows are expected".to_owned());
            }
        };
        if *answer == expected { Ok(()) } else { Err(format!("{expected:?} is expected")) }
    }

    /// Rows of which those that are tied may come in any order, and any of them if not all come.
    fn judge_rows(
        &self,
        ask: &Ask,
        found: &[&Row],
        expected: &[&Row],
        keys: &[Row],
    ) -> Result<(), String> {
        let width = ask.table.specification().key_width;
        let wanted: Vec<&[Cell]> = expected.iter().map(|row| &row[..width]).collect();
        if keys.len() != expected.len() {
            return Err(format!("{wanted:?} is expected"));
        }
        for (place, (key, expected)) in keys.iter().zip(expected).enumerate() {
            let row = found.iter().find(|row| row[..width] == key[..]);
            let Some(row) = row else { return Err(format!("{key:?} does not belong here")) };
            if keys[..place].contains(key) {
                return Err(format!("{key:?} is there twice"));
            }
            if !self.are_tied(ask, row, expected) {
                return Err(format!("{key:?} has another place: {wanted:?} is expected"));
            }
        }
        Ok(())
    }
}

/// What many rows have together.
impl Naive {
    fn those<'a>(&self, table: Table, rows: &[&'a Row], condition: &Condition) -> Vec<&'a Row> {
        rows.iter().copied().filter(|row| self.meets(table, row, condition)).collect()
    }

    /// The values that are not null.
    fn values(&self, table: Table, rows: &[&Row], key: &Read) -> Vec<Cell> {
        let values = rows.iter().map(|row| self.value(table, row, key));
        values.filter(|value| !value.is_null()).collect()
    }

    fn measures(&self, table: Table, rows: &[&Row]) -> Vec<i64> {
        let measures = self.values(table, rows, &Read::Column(table.specification().measure));
        measures.iter().filter_map(Cell::number).collect()
    }

    fn summary(&self, table: Table, rows: &[&Row], summary: &Summary) -> Row {
        let met = self.those(table, rows, &summary.condition);
        let values = self.values(table, rows, &summary.key.read);
        let met_values = self.values(table, &met, &summary.key.read);
        let measures = self.measures(table, rows);
        let different: BTreeSet<&Cell> = met_values.iter().collect();
        let count = |count: usize| Cell::Number(count as i64);
        vec![
            count(rows.len()),
            count(met.len()),
            count(values.len()),
            count(different.len()),
            values.iter().min().cloned().unwrap_or(Cell::Null),
            met_values.iter().max().cloned().unwrap_or(Cell::Null),
            Cell::Number(measures.iter().sum()),
            Cell::Number(self.measures(table, &met).iter().sum()),
            average(&measures),
            measures.iter().min().copied().into(),
        ]
    }

    fn groups(&self, table: Table, rows: &[&Row], group: &Group) -> Vec<Row> {
        let mut groups: BTreeMap<Row, Vec<&Row>> = BTreeMap::new();
        for row in rows {
            groups.entry(self.key_of(table, row, &group.by)).or_default().push(row);
        }
        let meant = groups.into_iter().filter(|(_, rows)| {
            let measures = self.measures(table, rows);
            let having = group.having;
            let is_low = measures.iter().max().is_some_and(|greatest| *greatest < having.least);
            let is_large =
                rows.len() >= having.rows && measures.iter().sum::<i64>() > having.above && !is_low;
            is_large || rows.len() == having.just
        });
        let line = |(key, rows): (Row, Vec<&Row>)| {
            let met = self.those(table, &rows, &group.condition);
            let measures = self.measures(table, &rows);
            let results = [
                Cell::Number(rows.len() as i64),
                Cell::Number(met.len() as i64),
                Cell::Number(measures.iter().sum()),
                average(&self.measures(table, &met)),
                measures.iter().min().copied().into(),
            ];
            key.into_iter().chain(results).collect()
        };
        meant.map(line).take(group.limit.unwrap_or(usize::MAX)).collect()
    }

    fn selected(&self, table: Table, rows: &[&Row], by: &By, distinct: bool) -> Vec<Row> {
        let mut lines: Vec<Row> = Vec::new();
        for row in rows {
            let line = self.key_of(table, row, by);
            if !distinct || !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }

    fn key_of(&self, table: Table, row: &Row, by: &By) -> Row {
        match by {
            By::Key(key) => vec![self.read(table, row, key)],
            By::Pair((left, right)) => {
                vec![
                    self.read(table, row, table.key(left)),
                    self.read(table, row, table.key(right)),
                ]
            }
        }
    }

    /// Each row with its relatives, which may come in any order unless they were asked for in one.
    fn judge_nested(
        &self,
        ask: &Ask,
        found: &[&Row],
        expected: &[&Row],
        fetch: &Fetch,
        nested: &[(Row, Vec<Row>)],
    ) -> Result<(), String> {
        let keys: Vec<Row> = nested.iter().map(|(key, _)| key.clone()).collect();
        self.judge_rows(ask, found, expected, &keys)?;
        for (key, related) in nested {
            let row = found.iter().find(|row| row.starts_with(key));
            let row = row.ok_or_else(|| format!("{key:?} does not belong here"))?;
            let mut expected = self.relatives(ask.table, row, fetch);
            let mut related = related.clone();
            if fetch.first.is_none() {
                expected.sort();
                related.sort();
            }
            if related != expected {
                return Err(format!("{expected:?} is expected of {key:?}"));
            }
        }
        Ok(())
    }

    /// Rows that are tied come in the order of their keys, and every page but the last is full.
    fn judge_pages(
        &self,
        ask: &Ask,
        found: &[&Row],
        size: usize,
        pages: &[Vec<Row>],
    ) -> Result<(), String> {
        let orders = [ask.orders.clone(), ask.table.total_order()].concat();
        let mut rows = found.to_vec();
        rows.sort_by(|left, right| self.compare(ask.table, &orders, left, right));
        let width = ask.table.specification().key_width;
        let rows = rows.into_iter().skip(ask.offset).take(ask.limit.unwrap_or(usize::MAX));
        let keys: Vec<Row> = rows.map(|row| row[..width].to_vec()).collect();
        let mut expected: Vec<Vec<Row>> = keys.chunks(size).map(<[Row]>::to_vec).collect();
        if expected.is_empty() {
            expected.push(Vec::new());
        }
        if pages == expected { Ok(()) } else { Err(format!("{expected:?} is expected")) }
    }

    fn relatives(&self, table: Table, row: &Row, fetch: &Fetch) -> Vec<Row> {
        let target = table.reached(fetch.relation.steps);
        let mut rows = self.walk(table, row, fetch.relation.steps);
        if let Some(condition) = &fetch.condition {
            rows.retain(|row| self.meets(target, row, condition));
        }
        if let Some((order, limit)) = &fetch.first {
            let mut orders = vec![order.clone()];
            orders.extend(target.total_order());
            rows.sort_by(|left, right| self.compare(target, &orders, left, right));
            rows.truncate(*limit);
        }
        let width = target.specification().key_width;
        rows.into_iter().map(|row| row[..width].to_vec()).collect()
    }

    /// The rows above one, nearest first, without itself.
    fn ancestors(&self, table: Table, row: &Row) -> Vec<Cell> {
        let column = table.specification().hierarchy.map(|name| table.column(name));
        let mut above = Vec::new();
        let mut parent = column.map_or(Cell::Null, |column| row[column].clone());
        while !parent.is_null() && parent != row[0] && !above.contains(&parent) {
            above.push(parent.clone());
            let row = self.rows(table).iter().find(|row| row[0] == parent);
            parent = column.zip(row).map_or(Cell::Null, |(column, row)| row[column].clone());
        }
        above
    }
}

fn average(measures: &[i64]) -> Cell {
    let sum: i64 = measures.iter().sum();
    Cell::average((!measures.is_empty()).then(|| sum as f64 / measures.len() as f64))
}

/// The row that a choice means.
pub(crate) fn choose(rows: &[Row], choice: Choice) -> Option<&Row> {
    rows.get(usize::from(choice) % rows.len().max(1))
}

fn compare_cells(order: &Order, left: &Cell, right: &Cell) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if order.has_nulls_first() => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if order.has_nulls_first() => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if order.descending => right.cmp(left),
        (false, false) => left.cmp(right),
    }
}

/// Null equals null, and has no place in an order.
fn holds(comparison: Comparison, left: &Cell, right: &Cell) -> bool {
    match comparison {
        Comparison::Equal => left == right,
        Comparison::Unequal => left != right,
        _ if left.is_null() || right.is_null() => false,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
    }
}

fn is_within(value: &Cell, low: &Bound<Cell>, high: &Bound<Cell>) -> bool {
    let is_above = match low {
        Bound::Included(low) => holds(Comparison::GreaterOrEqual, value, low),
        Bound::Excluded(low) => holds(Comparison::Greater, value, low),
        Bound::Unbounded => true,
    };
    let is_below = match high {
        Bound::Included(high) => holds(Comparison::LessOrEqual, value, high),
        Bound::Excluded(high) => holds(Comparison::Less, value, high),
        Bound::Unbounded => true,
    };
    !value.is_null() && is_above && is_below
}

fn is_like(text: &str, way: Way, ignoring_case: bool, part: &str) -> bool {
    if ignoring_case {
        return is_like(&text.to_lowercase(), way, false, &part.to_lowercase());
    }
    match way {
        Way::Is => text == part,
        Way::Begins => text.starts_with(part),
        Way::Contains => text.contains(part),
        Way::Ends => text.ends_with(part),
    }
}
