//! The same query over plain lists, as simply as can be said: what `docs` and documentation promise, and nothing of how the
//! engine does it.

use std::cmp::Ordering;
use std::ops::Bound;

use super::cell::Cell;
use super::engine::accepts;
use super::question::{
    Answer, Ask, Choice, Comparison, Condition, End, Order, Quantifier, Start, Way,
};
use super::schema::{Key, Read, Step, Table};

/// The values of a row, column by column.
pub type Row = Vec<Cell>;

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
        rows.sort_by(|left, right| self.compare(ask, left, right));
        rows
    }

    /// The order of two rows.
    fn compare(&self, ask: &Ask, left: &Row, right: &Row) -> Ordering {
        let by = |order: &Order| {
            let read = |row| self.read(ask.table, row, order.key);
            compare_cells(order, &read(left), &read(right))
        };
        ask.orders.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Do rows stand at the same place of the order?
    #[must_use]
    pub fn are_tied(&self, ask: &Ask, left: &Row, right: &Row) -> bool {
        self.compare(ask, left, right).is_eq()
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
        let start = ask.offset.min(end);
        let count = end - start;
        let expected = match (&ask.end, answer) {
            (End::All | End::Ids, Answer::Rows(rows)) => {
                return self.judge_rows(ask, &found, &found[start..end], rows);
            }
            (End::First, Answer::Rows(rows)) => {
                let first = &found[start..end.min(start + 1)];
                return self.judge_rows(ask, &found, first, rows);
            }
            (End::One, Answer::One(Ok(row))) if count == 1 => {
                return self.judge_rows(ask, &found, &found[start..end], &[row.clone()]);
            }
            (End::One, _) if count == 1 => return Err("there is one row".to_owned()),
            (End::One, _) => Answer::One(Err(count > 1)),
            (End::Count, _) => Answer::Count(count),
            (End::Exists, _) => Answer::Exists(count > 0),
            (End::All | End::Ids | End::First, _) => return Err("rows are expected".to_owned()),
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
