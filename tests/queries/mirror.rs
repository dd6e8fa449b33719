//! The same tables and the same query in SQLite.
//!
//! Equality is `IS`, for which null equals null; a comparison by order with null is made false by `COALESCE`. So SQL says
//! the same of every condition.

use std::collections::BTreeSet;
use std::ops::Bound;

use bondstone_tests::queries::cell::{Cell, Kind};
use bondstone_tests::queries::naive::Naive;
use bondstone_tests::queries::question::{
    Answer, Ask, By, Comparison, Condition, End, Fetch, Group, Having, Order, Quantifier, Row,
    Summary, Way,
};
use bondstone_tests::queries::schema::{Key, Read, Step, Table};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};

/// SQLite, with the rows that were asked last.
pub struct Mirror {
    sqlite: Connection,
    rows: Naive,
}

impl Mirror {
    pub fn new() -> Self {
        let sqlite = Connection::open_in_memory().expect("SQLite opens");
        for table in Table::ALL {
            sqlite.execute_batch(&ddl(table)).expect("the DDL is right");
        }
        Self { sqlite, rows: Naive::default() }
    }

    /// What SQLite answers.
    pub fn answer(&mut self, rows: &Naive, ask: &Ask) -> Answer {
        if self.rows != *rows {
            self.load(rows);
        }
        match &ask.end {
            End::Aggregate(summary) => {
                Answer::Lines(self.rows_of(&Sql::default().summary(rows, ask, summary)))
            }
            End::Group(group) => {
                Answer::Lines(self.rows_of(&Sql::default().groups(rows, ask, group)))
            }
            End::Select(by, distinct) => {
                let mut lines = self.rows_of(&Sql::default().select(rows, ask, by));
                if *distinct {
                    // In the order of the first of each, which SQL does not say.
                    let mut met = BTreeSet::new();
                    lines.retain(|line| met.insert(line.clone()));
                }
                Answer::Lines(lines)
            }
            End::With(fetch) => {
                let keys = self.rows_of(&Sql::default().keys(rows, ask)).into_iter();
                let related = |key: &Row| Sql::default().related(ask.table, key, fetch);
                Answer::Nested(
                    keys.map(|key| (key.clone(), self.rows_of(&related(&key)))).collect(),
                )
            }
            End::Pages(size) => Answer::Pages(self.pages(rows, ask, *size)),
            _ => one_of(&ask.end, self.rows_of(&Sql::default().keys(rows, ask))),
        }
    }

    /// All rows in an order in which no two are tied, cut into pages.
    fn pages(&self, rows: &Naive, ask: &Ask, size: usize) -> Vec<Vec<Row>> {
        let orders = [ask.orders.clone(), ask.table.total_order()].concat();
        let found = self.rows_of(&Sql::default().keys(rows, &Ask { orders, ..ask.clone() }));
        let pages: Vec<Vec<Row>> = found.chunks(size).map(<[Row]>::to_vec).collect();
        if pages.is_empty() { vec![Vec::new()] } else { pages }
    }

    fn load(&mut self, rows: &Naive) {
        let sqlite = self.sqlite.transaction().expect("no transaction is open");
        for table in Table::ALL {
            let (name, width) = (table.specification().name, table.specification().columns.len());
            sqlite.execute(&format!("DELETE FROM {name}"), []).expect("rows can go");
            let places = vec!["?"; width].join(", ");
            let insert = format!("INSERT INTO {name} VALUES ({places})");
            let mut insert = sqlite.prepare_cached(&insert).expect("the statement is right");
            for row in rows.rows(table) {
                insert.execute(params_from_iter(row.iter().map(value))).expect("rows can come");
            }
        }
        sqlite.commit().expect("nothing is refused");
        self.rows = rows.clone();
    }

    fn rows_of(&self, sql: &str) -> Vec<Row> {
        let mut select = self.sqlite.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
        let width = select.column_count();
        let row =
            |row: &rusqlite::Row<'_>| (0..width).map(|at| row.get_ref(at).map(cell)).collect();
        let rows = select.query_map([], row).expect("SQLite answers");
        rows.collect::<Result<_, _>>().expect("SQLite answers")
    }
}

/// An answer that needs no more than keys.
fn one_of(end: &End, mut found: Vec<Row>) -> Answer {
    match end {
        End::Count => Answer::Count(found.len()),
        End::Exists => Answer::Exists(!found.is_empty()),
        End::One if found.len() == 1 => Answer::One(Ok(found.swap_remove(0))),
        End::One => Answer::One(Err(!found.is_empty())),
        End::First => Answer::Rows(found.into_iter().take(1).collect()),
        _ => Answer::Rows(found),
    }
}

fn ddl(table: Table) -> String {
    let specification = table.specification();
    let column = |column: &bondstone_tests::queries::schema::Column| {
        let is_text = matches!(column.kind, Kind::Word | Kind::Name | Kind::Key(Table::Towns));
        format!("{} {}", column.name, if is_text { "TEXT" } else { "INTEGER" })
    };
    let columns: Vec<String> = specification.columns.iter().map(column).collect();
    let key = specification.columns[..specification.key_width].iter().map(|column| column.name);
    let key: Vec<&str> = key.collect();
    format!(
        "CREATE TABLE {} ({}, PRIMARY KEY ({})) STRICT",
        specification.name,
        columns.join(", "),
        key.join(", ")
    )
}

fn value(cell: &Cell) -> rusqlite::types::Value {
    match cell {
        Cell::Null => rusqlite::types::Value::Null,
        Cell::Number(number) => (*number).into(),
        Cell::Text(text) => text.clone().into(),
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Number(number),
        ValueRef::Real(average) => Cell::average(Some(average)),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        other => panic!("no table of this test holds {other:?}"),
    }
}

/// The text of a query in the making.
#[derive(Default)]
struct Sql {
    /// So many tables have a name of their own yet.
    aliases: usize,
}

impl Sql {
    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    /// The keys of the rows.
    fn keys(&mut self, rows: &Naive, ask: &Ask) -> String {
        self.query(rows, ask, &mut |_, alias| keys(ask.table, alias))
    }

    /// Something of the rows, as columns `a`, `b`, `c` and so on.
    fn query(
        &mut self,
        rows: &Naive,
        ask: &Ask,
        select: &mut dyn FnMut(&mut Self, &str) -> Vec<String>,
    ) -> String {
        let specification = ask.table.specification();
        let alias = self.alias();
        let mut conditions: Vec<String> = Vec::new();
        if let Some((start, row)) =
            ask.start.as_ref().and_then(|start| Some((start, rows.start(start)?)))
        {
            let key = &row[..start.table.specification().key_width];
            conditions.push(self.reached(start.table, key, start.relation.steps, &alias));
        }
        for condition in &ask.conditions {
            conditions.push(self.condition(ask.table, &alias, condition));
        }
        if let Some(refused) = ask.refused {
            conditions.push(format!("({alias}.{} % 3 + 3) % 3 <> {refused}", specification.number));
        }
        let orders: Vec<String> =
            ask.orders.iter().map(|order| self.order(ask.table, &alias, order)).collect();
        let columns = select(self, &alias).into_iter().zip('a'..);
        let columns: Vec<String> =
            columns.map(|(what, name)| format!("{what} AS {name}")).collect();
        format!(
            "SELECT {} FROM {} {alias} WHERE {} {} LIMIT {} OFFSET {}",
            columns.join(", "),
            specification.name,
            joined(&conditions, " AND ", "1"),
            ordered(&orders),
            ask.limit.map_or(-1, |limit| limit as i64),
            ask.offset,
        )
    }

    fn summary(&mut self, rows: &Naive, ask: &Ask, summary: &Summary) -> String {
        let measure = ask.table.specification().measure;
        let inner = self.query(rows, ask, &mut |sql, alias| {
            let condition = sql.condition(ask.table, alias, &summary.condition);
            vec![sql.key(ask.table, alias, summary.key), condition, format!("{alias}.{measure}")]
        });
        format!(
            "SELECT COUNT(*), COALESCE(SUM(b), 0), COUNT(a), COUNT(DISTINCT CASE WHEN b THEN a END), MIN(a),
                MAX(CASE WHEN b THEN a END), COALESCE(SUM(c), 0), COALESCE(SUM(CASE WHEN b THEN c END), 0),
                AVG(c), MIN(c) FROM ({inner})"
        )
    }

    fn groups(&mut self, rows: &Naive, ask: &Ask, group: &Group) -> String {
        let measure = ask.table.specification().measure;
        let inner = self.query(rows, ask, &mut |sql, alias| {
            let condition = sql.condition(ask.table, alias, &group.condition);
            let mut columns = vec![condition, format!("{alias}.{measure}")];
            columns.extend(sql.by(ask.table, alias, &group.by));
            columns
        });
        let keys = match group.by {
            By::Key(_) => "c",
            By::Pair(_) => "c, d",
        };
        let Having { rows, above, least, just } = group.having;
        format!(
            "SELECT {keys}, COUNT(*), SUM(a), COALESCE(SUM(b), 0), AVG(CASE WHEN a THEN b END), MIN(b)
            FROM ({inner}) GROUP BY {keys}
            HAVING COUNT(*) >= {rows} AND COALESCE(SUM(b), 0) > {above}
                AND NOT COALESCE(MAX(b) < {least}, 0) OR COUNT(*) = {just}
            ORDER BY {keys} LIMIT {}",
            group.limit.map_or(-1, |limit| limit as i64)
        )
    }

    fn select(&mut self, rows: &Naive, ask: &Ask, by: &By) -> String {
        self.query(rows, ask, &mut |sql, alias| sql.by(ask.table, alias, by))
    }

    fn by(&mut self, table: Table, alias: &str, by: &By) -> Vec<String> {
        match by {
            By::Key(key) => vec![self.key(table, alias, key)],
            By::Pair((left, right)) => {
                [left, right].map(|name| self.key(table, alias, table.key(name))).into()
            }
        }
    }

    /// The keys of the rows that a row is related to.
    fn related(&mut self, table: Table, key: &[Cell], fetch: &Fetch) -> String {
        let (target, alias) = (table.reached(fetch.relation.steps), self.alias());
        let mut conditions = vec![self.reached(table, key, fetch.relation.steps, &alias)];
        if let Some(condition) = &fetch.condition {
            conditions.push(self.condition(target, &alias, condition));
        }
        let (mut orders, mut limit) = (Vec::new(), -1);
        if let Some((order, most)) = &fetch.first {
            orders.push(self.order(target, &alias, order));
            orders.extend(keys(target, &alias));
            limit = *most as i64;
        }
        format!(
            "SELECT {} FROM {} {alias} WHERE {} {} LIMIT {limit}",
            keys(target, &alias).join(", "),
            target.specification().name,
            joined(&conditions, " AND ", "1"),
            ordered(&orders),
        )
    }

    /// Only rows that steps lead to from the row with a key.
    fn reached(&mut self, table: Table, key: &[Cell], steps: &[Step], target: &str) -> String {
        let first = self.alias();
        let is_key = keys(table, &first).into_iter().zip(key);
        let mut conditions: Vec<String> =
            is_key.map(|(column, cell)| format!("{column} = {}", cell.sql())).collect();
        let mut tables = vec![format!("{} {first}", table.specification().name)];
        let (mut here, mut alias) = (table, first);
        for (place, step) in steps.iter().enumerate() {
            let there = here.reached(&[*step]);
            let next = if place + 1 == steps.len() {
                target.to_owned()
            } else {
                let next = self.alias();
                tables.push(format!("{} {next}", there.specification().name));
                next
            };
            conditions.push(link(here, &alias, *step, there, &next));
            (here, alias) = (there, next);
        }
        format!("EXISTS (SELECT 1 FROM {} WHERE {})", tables.join(", "), conditions.join(" AND "))
    }

    fn order(&mut self, table: Table, alias: &str, order: &Order) -> String {
        let key = self.key(table, alias, order.key);
        let direction = if order.descending { "DESC" } else { "ASC" };
        let nulls = match order.nulls_first {
            // SQLite's nulls are where ours are.
            None => "",
            Some(true) => " NULLS FIRST",
            Some(false) => " NULLS LAST",
        };
        format!("{key} {direction}{nulls}")
    }

    fn key(&mut self, table: Table, alias: &str, key: &Key) -> String {
        self.read(table, alias, &key.read)
    }

    fn read(&mut self, table: Table, alias: &str, read: &Read) -> String {
        match read {
            Read::Column(name) => format!("{alias}.{name}"),
            Read::Up(column, then) => {
                self.over(table, alias, &[Step::Up(column)], &mut |sql, table, alias| {
                    sql.read(table, alias, then)
                })
            }
            Read::Size(steps) => self.over(table, alias, steps, &mut |_, _, _| "COUNT(*)".into()),
            Read::Sum(steps, of) => self.over(table, alias, steps, &mut |sql, table, alias| {
                format!("COALESCE(SUM({}), 0)", sql.read(table, alias, of))
            }),
            Read::Calc(reads, _, template) => {
                let mut text = (*template).to_owned();
                for (place, read) in reads.iter().enumerate() {
                    let read = self.read(table, alias, read);
                    text = text.replace(&format!("{{{place}}}"), &read);
                }
                text
            }
        }
    }

    /// `(SELECT … FROM …)` over the rows that steps lead to.
    fn over(
        &mut self,
        table: Table,
        alias: &str,
        steps: &[Step],
        select: &mut dyn FnMut(&mut Self, Table, &str) -> String,
    ) -> String {
        let (mut tables, mut conditions) = (Vec::new(), Vec::new());
        let (mut here, mut alias) = (table, alias.to_owned());
        for step in steps {
            let next = self.alias();
            let there = here.reached(&[*step]);
            tables.push(format!("{} {next}", there.specification().name));
            conditions.push(link(here, &alias, *step, there, &next));
            (here, alias) = (there, next);
        }
        let selected = select(self, here, &alias);
        format!("(SELECT {selected} FROM {} WHERE {})", tables.join(", "), conditions.join(" AND "))
    }

    /// How many of the rows that steps lead to meet a condition.
    fn number_that(
        &mut self,
        table: Table,
        alias: &str,
        steps: &[Step],
        condition: &Condition,
    ) -> String {
        self.over(table, alias, steps, &mut |sql, table, alias| {
            format!("COALESCE(SUM({}), 0)", sql.condition(table, alias, condition))
        })
    }

    /// Is 0 or 1, never null.
    fn condition(&mut self, table: Table, alias: &str, condition: &Condition) -> String {
        match condition {
            Condition::Compare(key, comparison, cell) => {
                compared(&self.key(table, alias, key), *comparison, &cell.sql())
            }
            Condition::Pair((left, right), comparison) => {
                let left = self.key(table, alias, table.key(left));
                compared(&left, *comparison, &self.key(table, alias, table.key(right)))
            }
            Condition::Within(key, low, high) => within(&self.key(table, alias, key), low, high),
            Condition::In(key, cells) => {
                let cells = cells.iter().filter(|cell| !cell.is_null()).map(Cell::sql);
                let cells: Vec<String> = cells.collect();
                let key = self.key(table, alias, key);
                format!("COALESCE({key} IN ({}), 0)", cells.join(", "))
            }
            Condition::IsNone(key) => format!("({} IS NULL)", self.key(table, alias, key)),
            Condition::IsSome(key) => format!("({} IS NOT NULL)", self.key(table, alias, key)),
            Condition::IsTrue(key) => format!("({} IS 1)", self.key(table, alias, key)),
            Condition::Text(key, way, ignoring_case, part) => {
                let (key, part) = (self.key(table, alias, key), Cell::Text(part.clone()).sql());
                let found = if *ignoring_case {
                    like(&lower(&key), *way, &lower(&part))
                } else {
                    like(&key, *way, &part)
                };
                format!("({key} IS NOT NULL AND {found})")
            }
            Condition::Related(relation, quantifier, condition) => {
                let met = self.number_that(table, alias, relation.steps, condition);
                match quantifier {
                    Quantifier::Any => format!("({met} > 0)"),
                    Quantifier::None => format!("({met} = 0)"),
                    Quantifier::All => {
                        let all = self
                            .over(table, alias, relation.steps, &mut |_, _, _| "COUNT(*)".into());
                        format!("({met} = {all})")
                    }
                }
            }
            Condition::IsEmpty(relation) => {
                let all = self.over(table, alias, relation.steps, &mut |_, _, _| "COUNT(*)".into());
                format!("({all} = 0)")
            }
            Condition::Is(relation, condition) => {
                format!("({} > 0)", self.number_that(table, alias, relation.steps, condition))
            }
            Condition::Under(above) => {
                let walk = "SELECT {id} FROM {table} WHERE {parent} = {row}
                    UNION SELECT {table}.{id} FROM {table} JOIN walk ON {table}.{parent} = walk.id";
                walked(table, alias, walk, above)
            }
            Condition::Above(below) => {
                let walk = "SELECT {parent} FROM {table} WHERE {id} = {row}
                    UNION SELECT {table}.{parent} FROM {table} JOIN walk ON {table}.{id} = walk.id";
                walked(table, alias, walk, below)
            }
            Condition::And(parts) => joined(&self.conditions(table, alias, parts), " AND ", "1"),
            Condition::Or(parts) => joined(&self.conditions(table, alias, parts), " OR ", "0"),
            Condition::Not(condition) => format!("NOT {}", self.condition(table, alias, condition)),
        }
    }

    fn conditions(&mut self, table: Table, alias: &str, parts: &[Condition]) -> Vec<String> {
        parts.iter().map(|part| self.condition(table, alias, part)).collect()
    }
}

/// The row is among those that a walk comes to, and not the one that it begins with.
fn walked(table: Table, alias: &str, walk: &str, row: &Cell) -> String {
    let specification = table.specification();
    let id = specification.columns[0].name;
    let walk = walk
        .replace("{table}", specification.name)
        .replace("{parent}", specification.hierarchy.expect("only hierarchies are asked"))
        .replace("{id}", id)
        .replace("{row}", &row.sql());
    format!(
        "({alias}.{id} <> {} AND {alias}.{id} IN (WITH RECURSIVE walk(id) AS ({walk})
            SELECT id FROM walk WHERE id IS NOT NULL))",
        row.sql()
    )
}

/// The columns of the key.
fn keys(table: Table, alias: &str) -> Vec<String> {
    let columns = &table.specification().columns[..table.specification().key_width];
    columns.iter().map(|column| format!("{alias}.{}", column.name)).collect()
}

/// One step leads from a row to another one.
fn link(here: Table, alias: &str, step: Step, there: Table, next: &str) -> String {
    let key = |table: Table| table.specification().columns[0].name;
    match step {
        Step::Up(column) => format!("{next}.{} = {alias}.{column}", key(there)),
        Step::Down(_, column) => format!("{next}.{column} = {alias}.{}", key(here)),
    }
}

fn ordered(orders: &[String]) -> String {
    if orders.is_empty() { String::new() } else { format!("ORDER BY {}", orders.join(", ")) }
}

fn joined(parts: &[String], sign: &str, nothing: &str) -> String {
    if parts.is_empty() { nothing.to_owned() } else { format!("({})", parts.join(sign)) }
}

fn compared(left: &str, comparison: Comparison, right: &str) -> String {
    let sign = match comparison {
        Comparison::Equal => return format!("({left} IS {right})"),
        Comparison::Unequal => return format!("({left} IS NOT {right})"),
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    };
    format!("COALESCE({left} {sign} {right}, 0)")
}

fn within(key: &str, low: &Bound<Cell>, high: &Bound<Cell>) -> String {
    let mut parts = vec![format!("{key} IS NOT NULL")];
    let mut add = |bound: &Bound<Cell>, loose, strict| match bound {
        Bound::Included(cell) => parts.push(compared(key, loose, &cell.sql())),
        Bound::Excluded(cell) => parts.push(compared(key, strict, &cell.sql())),
        Bound::Unbounded => {}
    };
    add(low, Comparison::GreaterOrEqual, Comparison::Greater);
    add(high, Comparison::LessOrEqual, Comparison::Less);
    joined(&parts, " AND ", "1")
}

/// SQLite knows the case of ASCII only; the words have one letter more.
fn lower(text: &str) -> String {
    format!("replace(lower({text}), 'Ä', 'ä')")
}

fn like(text: &str, way: Way, part: &str) -> String {
    match way {
        Way::Is => format!("{text} = {part}"),
        Way::Begins => format!("substr({text}, 1, length({part})) = {part}"),
        Way::Contains => format!("instr({text}, {part}) > 0"),
        Way::Ends => {
            format!("(length({part}) = 0 OR substr({text}, -length({part})) = {part})")
        }
    }
}
