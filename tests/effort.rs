//! How much work a query is, where that can be counted: what it puts on the heap, and how often it calls what the user wrote.

use std::sync::atomic::{AtomicUsize, Ordering};

use allocation_counter::measure;
use bondstone::PlanKind;
use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[table("rows")]
#[has_many(tags: Tag via RowTag, parts: Part)]
struct Row {
    #[key]
    id: Id<Row>,
    number: u32,
    owner: Id<Owner>,
}

#[derive(Clone, Debug, Model)]
#[table("owners")]
#[has_many(rows: Row)]
struct Owner {
    #[key]
    id: Id<Owner>,
    name: String,
    boss: Option<Id<Owner>>,
}

#[derive(Clone, Debug, Model)]
#[table("parts")]
struct Part {
    #[key]
    id: Id<Part>,
    row: Id<Row>,
}

#[derive(Clone, Debug, Model)]
#[table("tags")]
struct Tag {
    #[key]
    id: Id<Tag>,
    name: String,
}

#[derive(Clone, Debug, Model)]
#[table("row_tags")]
struct RowTag {
    #[key]
    #[on_delete(cascade)]
    row: Id<Row>,
    #[key]
    #[on_delete(cascade)]
    tag: Id<Tag>,
}

const ROWS: u32 = 3000;
const OWNERS: u32 = 500;

static EVALUATED: AtomicUsize = AtomicUsize::new(0);

impl Row {
    #[hybrid]
    fn counted(&self) -> u32 {
        EVALUATED.fetch_add(1, Ordering::Relaxed);
        self.number
    }
}

fn filled() -> Result<Database, Error> {
    let db = Database::builder().models::<(Row, RowTag, Part)>().in_memory()?;
    db.write(|tx| {
        let mut owners = Vec::new();
        for number in 0..OWNERS {
            let name = format!("OWNER {number} with a name of some length");
            owners.push(tx.insert(NewOwner { name, boss: owners.last().copied() })?);
        }
        let tag = tx.insert(NewTag { name: "tag".into() })?;
        for number in 0..ROWS {
            let owner = owners[number as usize % owners.len()];
            let row = tx.insert(NewRow { number, owner })?;
            tx.insert(NewRowTag { row, tag })?;
            tx.insert(NewPart { row })?;
        }
        Ok(())
    })?;
    Ok(db)
}

/// So many allocations a query makes while it counts its rows, and that many rows.
fn counting(query: Query<'_, Row>) -> (u64, usize) {
    let mut count = 0;
    let allocations = measure(|| count = query.count()).count_total;
    (allocations, count)
}

#[test]
fn conditions_on_related_rows_allocate_by_the_chunk() -> Result<(), Error> {
    let db = filled()?;
    let snap = db.read();
    let chunks = u64::from(ROWS / 64);
    let scan = |condition| counting(snap.query().filter(condition).force(PlanKind::Scan).unwrap());
    let cases = [
        (scan(Row::TAGS.any(Tag::NAME.eq("none"))), 0),
        (scan(Row::TAGS.is_empty()), 0),
        (scan(Row::PARTS.is_empty()), 0),
        (scan(Row::PARTS.any(Part::ID.ge(Id::from_u64(1).unwrap()))), ROWS as usize),
    ];
    for ((allocations, count), expected) in cases {
        assert_eq!(count, expected);
        assert!(allocations < 8 * chunks + 100, "{allocations} for {chunks} chunks");
    }
    let from_parents =
        |condition| counting(snap.query().filter(condition).force(PlanKind::FromParents).unwrap());
    let (allocations, count) =
        from_parents(Row::OWNER.to(Owner::NAME).contains_ignoring_case("zz"));
    assert_eq!(count, 0);
    assert!(allocations < 100, "{allocations} for {OWNERS} owners");
    let numbers = Owner::ROWS.any(Row::NUMBER.eq(ROWS + 1));
    let (allocations, count) = from_parents(Row::OWNER.to(Owner::BOSS).is(numbers));
    assert_eq!(count, 0);
    assert!(allocations < 2 * u64::from(OWNERS), "{allocations} for {OWNERS} owners");
    Ok(())
}

#[test]
fn closures_and_keys_are_evaluated_once() -> Result<(), Error> {
    let db = filled()?;
    let snap = db.read();
    let calls = AtomicUsize::new(0);
    let one = snap.query().filter(Row::ID.eq(Id::from_u64(1).unwrap())).filter_fn(|_| {
        calls.fetch_add(1, Ordering::Relaxed);
        true
    });
    assert_eq!(one.count(), 1);
    assert_eq!(calls.into_inner(), 1);
    EVALUATED.store(0, Ordering::Relaxed);
    let first = snap.query::<Row>().order_by(Row::COUNTED.asc()).limit(10).all();
    assert!(first.iter().map(|row| row.number).eq(0..10));
    let evaluated = EVALUATED.load(Ordering::Relaxed);
    assert!(evaluated < ROWS as usize + 500, "{evaluated} for {ROWS} rows");
    Ok(())
}
