//! The fixture TPC-H at scale factor 0.01: all rows are there, the same on both sides, and SQLite's answers are those that
//! are published for this scale.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use bondstone::Entity;
use bondstone::prelude::*;
use bondstone_tpch::answers::{
    Approximate, LateLines, LateOrders, LocalVolume, Opportunity, PricingSummary,
};
use bondstone_tpch::mirror::Mirrored;
use bondstone_tpch::models::{Customer, LineItem, Nation, Order, Part, PartSupp, Region, Supplier};
use bondstone_tpch::{Tpch, queries, sql};
use rusqlite::Connection;
use rusqlite::types::Value as Sql;

static TPCH: LazyLock<Tpch> = LazyLock::new(|| Tpch::at(0.01));
static DB: LazyLock<Database> = LazyLock::new(|| TPCH.database().expect("the data breaks no rule"));

/// One for all tests, though a connection is for one thread at a time. That a test failed while it held it does no harm,
/// since none writes.
fn sqlite() -> MutexGuard<'static, Connection> {
    static SQLITE: LazyLock<Mutex<Connection>> =
        LazyLock::new(|| Mutex::new(TPCH.sqlite().expect("SQLite refuses nothing")));
    SQLITE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn day(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).expect("a day of the calendar")
}

#[test]
fn every_table_has_the_rows_of_its_scale() {
    let snap = DB.read();
    let counts = [
        snap.count::<Region>(),
        snap.count::<Nation>(),
        snap.count::<Supplier>(),
        snap.count::<Part>(),
        snap.count::<PartSupp>(),
        snap.count::<Customer>(),
        snap.count::<Order>(),
        snap.count::<LineItem>(),
    ];
    assert_eq!(counts, [5, 25, 100, 2_000, 8_000, 1_500, 15_000, 60_175]);
    assert_eq!(DB.check().expect("no transaction is open"), Vec::<String>::new());
}

#[test]
fn sqlite_has_the_same_rows() {
    let sqlite = sqlite();
    let mut broken = sqlite.prepare("PRAGMA foreign_key_check").expect("it is right");
    assert!(!broken.exists([]).expect("SQLite answers"));
    let snap = DB.read();
    same_rows::<Region>(&snap, &sqlite);
    same_rows::<Nation>(&snap, &sqlite);
    same_rows::<Supplier>(&snap, &sqlite);
    same_rows::<Part>(&snap, &sqlite);
    same_rows::<PartSupp>(&snap, &sqlite);
    same_rows::<Customer>(&snap, &sqlite);
    same_rows::<Order>(&snap, &sqlite);
    same_rows::<LineItem>(&snap, &sqlite);
}

fn same_rows<M: Mirrored + Entity<Key: Ord>>(view: &View, sqlite: &Connection) {
    let mut ours: Vec<&M> = view.iter().collect();
    ours.sort_unstable_by_key(|row| row.id());
    let ours: Vec<Vec<Sql>> = ours.into_iter().map(Mirrored::values).collect();

    // Both parts of a composite key come first.
    let sql = format!("SELECT * FROM {} ORDER BY 1, 2", M::DEFINITION.name);
    let mut select = sqlite.prepare(&sql).expect("the statement is right");
    let columns = select.column_count();
    let theirs: rusqlite::Result<Vec<Vec<Sql>>> = select
        .query_map([], |row| (0..columns).map(|column| row.get(column)).collect())
        .and_then(Iterator::collect);
    assert!(ours == theirs.expect("SQLite answers"), "rows of {}", M::DEFINITION.name);
}

#[test]
fn every_line_is_of_an_offer() {
    let snap = DB.read();
    assert!(snap.iter::<LineItem>().all(|line| line.part_supp(&snap).is_some()));
}

#[test]
fn query_1_is_answered_as_published() {
    let answer = sql::q1(&sqlite()).expect("SQLite answers");
    let groups: Vec<_> =
        answer.iter().map(|row| (row.return_flag, row.status, row.lines)).collect();
    assert_eq!(
        groups,
        [('A', 'F', 14_876), ('N', 'F', 348), ('N', 'O', 29_181), ('R', 'F', 14_902)]
    );
    let first = PricingSummary {
        return_flag: 'A',
        status: 'F',
        quantity: 380_456,
        price: 53_234_821_165,
        discounted: 5_058_224_414_861,
        charged: 526_165_934_000_839,
        average_quantity: Approximate(380_456.0 / 14_876.0),
        average_price: Approximate(53_234_821_165.0 / 14_876.0),
        average_discount: Approximate(74_501.0 / 14_876.0),
        lines: 14_876,
    };
    assert_eq!(answer[0], first);
}

#[test]
fn query_3_is_answered_as_published() {
    let answer = sql::q3(&sqlite()).expect("SQLite answers");
    let orders: Vec<_> = answer.iter().map(|row| row.order).collect();
    assert_eq!(orders, [47714, 22276, 32965, 21956, 1637, 10916, 30497, 450, 47204, 9696]);
    assert_eq!((answer[0].revenue, answer[0].order_date), (2_670_105_894, day(1995, 3, 11)));
}

#[test]
fn query_4_is_answered_as_published() {
    let answer = sql::q4(&sqlite()).expect("SQLite answers");
    let known = [
        ("1-URGENT", 93),
        ("2-HIGH", 103),
        ("3-MEDIUM", 109),
        ("4-NOT SPECIFIED", 102),
        ("5-LOW", 128),
    ];
    assert_eq!(answer, known.map(|(p, orders)| LateOrders { priority: p.into(), orders }));
}

#[test]
fn query_5_ranks_the_nations_of_asia() {
    let answer = sql::q5(&sqlite()).expect("SQLite answers");
    let known = [
        ("VIETNAM", 10_009_266_999),
        ("CHINA", 7_402_107_570),
        ("JAPAN", 6_606_512_425),
        ("INDONESIA", 5_663_795_276),
        ("INDIA", 4_228_746_844),
    ];
    assert_eq!(answer, known.map(|(n, revenue)| LocalVolume { nation: n.into(), revenue }));
}

#[test]
fn query_6_is_answered_as_published() {
    assert_eq!(sql::q6(&sqlite()).expect("SQLite answers"), 11_930_532_253);
}

#[test]
fn query_10_is_answered_as_published() {
    let answer = sql::q10(&sqlite()).expect("SQLite answers");
    let (first, last) = (&answer[0], &answer[19]);
    assert_eq!(answer.len(), 20);
    assert_eq!((first.customer, first.revenue, first.balance), (679, 3_782_113_252, 139_444));
    assert_eq!((first.nation.as_str(), first.phone.as_str()), ("IRAN", "20-146-696-9508"));
    assert_eq!((last.customer, last.revenue), (1_094, 2_748_774_440));
}

#[test]
fn query_12_counts_late_lines() {
    let answer = sql::q12(&sqlite()).expect("SQLite answers");
    let known = [("MAIL", 64, 86), ("SHIP", 61, 96)];
    let rows = known.map(|(m, urgent, other)| LateLines { ship_mode: m.into(), urgent, other });
    assert_eq!(answer, rows);
}

#[test]
fn query_14_is_answered_as_published() {
    let percent = sql::q14(&sqlite()).expect("SQLite answers");
    assert!((percent.0 - 15.486_546).abs() < 1e-6, "{percent:?}");
}

#[test]
fn query_18_is_answered_as_published() {
    let answer = sql::q18(&sqlite()).expect("SQLite answers");
    let orders: Vec<_> = answer.iter().map(|row| (row.customer, row.order, row.quantity)).collect();
    assert_eq!(orders, [(667, 29_158, 305), (178, 6_882, 303)]);
    assert_eq!(answer[0].total_price, 43_968_723);
    assert_eq!(answer[0].order_date, day(1995, 10, 21));
}

#[test]
fn query_22_finds_customers_of_seven_countries() {
    let answer = sql::q22(&sqlite()).expect("SQLite answers");
    let known = [
        ("13", 10, 7_535_929),
        ("17", 8, 6_228_898),
        ("18", 14, 11_107_245),
        ("23", 5, 4_045_886),
        ("29", 11, 8_872_285),
        ("30", 17, 12_218_933),
        ("31", 8, 6_631_316),
    ];
    let row = |(code, customers, balance): (&str, _, _)| Opportunity {
        country_code: code.into(),
        customers,
        balance,
    };
    assert_eq!(answer, known.map(row));
}

/// Answers are compared row by row, so no two rows of an answer may be exchanged without breaking its order.
#[test]
fn no_order_is_left_open() {
    let sqlite = sqlite();
    let revenues: Vec<_> = sql::q5(&sqlite).expect("SQLite answers");
    assert!(revenues.is_sorted_by(|a, b| a.revenue > b.revenue));
    let orders = sql::q3(&sqlite).expect("SQLite answers");
    assert!(orders.is_sorted_by(|a, b| a.revenue > b.revenue));
    let customers = sql::q10(&sqlite).expect("SQLite answers");
    assert!(customers.is_sorted_by(|a, b| a.revenue > b.revenue));
    let large = sql::q18(&sqlite).expect("SQLite answers");
    assert!(large.is_sorted_by(|a, b| a.total_price > b.total_price));
}

/// The answers of a query, ours and SQLite's, row by row.
macro_rules! answers_agree {
    ($($test:ident: $query:ident;)*) => {$(
        #[test]
        fn $test() {
            let theirs = sql::$query(&sqlite()).expect("SQLite answers");
            assert_eq!(queries::$query(&DB.read()), theirs);
        }
    )*};
}

answers_agree! {
    query_1_is_answered_as_by_sqlite: q1;
    query_3_is_answered_as_by_sqlite: q3;
    query_4_is_answered_as_by_sqlite: q4;
    query_5_is_answered_as_by_sqlite: q5;
    query_6_is_answered_as_by_sqlite: q6;
    query_10_is_answered_as_by_sqlite: q10;
    query_12_is_answered_as_by_sqlite: q12;
    query_14_is_answered_as_by_sqlite: q14;
    query_18_is_answered_as_by_sqlite: q18;
    query_22_is_answered_as_by_sqlite: q22;
}

const QUERIES: &str = include_str!("../tpch/src/queries.rs");

/// Comments are read, too.
#[test]
fn queries_are_written_without_loops_and_maps() {
    let is_by_hand = |word: &&str| {
        matches!(*word, "for" | "while" | "loop" | "for_each" | "filter_fn")
            || ["fold", "Map", "Set"].iter().any(|by_hand| word.ends_with(by_hand))
    };
    let mut words = QUERIES.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    assert_eq!(words.find(is_by_hand), None);
}

#[test]
fn each_query_is_one_expression() {
    let functions = QUERIES.split("\npub fn q").skip(1).map(|function| {
        let (name, rest) = function.split_once('(').expect("a function has parameters");
        let (body, _) = rest.split_once("\n}\n").expect("a function ends");
        // One expression has no `;`, and each that is named has one.
        (name, body.matches(".query()").count(), body.matches(';').count())
    });
    let expected = ["1", "3", "4", "5", "6", "10", "12", "14", "18", "22"].map(|name| match name {
        "18" | "22" => (name, 2, 1),
        // Its answer is a quotient of two sums.
        "14" => (name, 1, 1),
        _ => (name, 1, 0),
    });
    assert!(functions.eq(expected));
}

/// A text is in memory of its own, so it is compared where the numbers in the row do not rule the row out.
#[test]
fn texts_are_compared_after_numbers() {
    let snap = DB.read();
    let condition = LineItem::SHIP_MODE.in_(["MAIL", "SHIP"]) & LineItem::QUANTITY.lt(24);
    let plan = snap.query().filter(condition).explain().to_string();
    let place = |column| plan.find(column).expect("conditions are shown");
    assert!(place("quantity") < place("ship_mode"), "{plan}");
}
