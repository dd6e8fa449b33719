//! Up and down a model that refers to itself, through circles and deep chains.

use std::collections::HashSet;

use bondstone::PlanKind;
use bondstone::prelude::*;
use bondstone_tests::dice::Dice;

#[derive(Clone, Debug, PartialEq, Model)]
#[table("categories")]
#[has_many(children: Category, products: Product)]
struct Category {
    #[key]
    id: Id<Category>,
    parent_id: Option<Id<Category>>,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("products")]
struct Product {
    #[key]
    id: Id<Product>,
    category_id: Id<Category>,
}

/// A hierarchy with keys that are texts and a foreign key that forbids circles.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("places")]
struct Place {
    #[key]
    name: String,
    #[acyclic]
    within: Option<Id<Place>>,
}

fn id(number: u64) -> Id<Category> {
    Id::from_u64(number).expect("above 0")
}

/// Categories 1, 2, 3 … with these parents; 0 for none.
fn forest(parents: &[u64]) -> Database {
    let db = Database::builder().models::<(Category, Place)>().in_memory().unwrap();
    db.write(|tx| {
        tx.insert_all(parents.iter().map(|_| NewCategory { parent_id: None }))?;
        tx.update_where(Pred::always(), |row: &mut Category| {
            row.parent_id = Id::from_u64(parents[row.id.get() as usize - 1]);
        })
    })
    .unwrap();
    db
}

fn ancestors(row: impl bondstone::RowOrId<Category>, db: &View) -> Vec<u64> {
    Category::PARENT_ID.ancestors(row, db).map(|row| row.id.get()).collect()
}

fn descendants(row: impl bondstone::RowOrId<Category>, db: &View) -> Vec<u64> {
    Category::PARENT_ID.descendants(row, db).map(|row| row.id.get()).collect()
}

/// The rows that meet a condition, whether they are walked to or judged.
fn met(condition: Pred<Category>, db: &View) -> Vec<u64> {
    let query = db.query().filter(condition);
    let found = ids(query.clone());
    for kind in [PlanKind::Scan, PlanKind::Walk] {
        let Some(forced) = query.clone().force(kind) else { continue };
        assert_eq!(forced.clone().count(), found.len(), "{kind:?}");
        assert_eq!(ids(forced), found, "{kind:?}");
    }
    assert_eq!(query.count(), found.len());
    found
}

fn ids(query: Query<'_, Category>) -> Vec<u64> {
    let mut ids: Vec<u64> = query.ids().into_iter().map(Id::get).collect();
    ids.sort_unstable();
    ids
}

//  1        7
//  ├ 2      └ 8
//  │ ├ 4
//  │ └ 5
//  │   └ 6
//  └ 3
const TREE: [u64; 8] = [0, 1, 1, 2, 2, 5, 0, 7];

#[test]
fn up_is_nearest_first_and_down_is_level_by_level() {
    let db = forest(&TREE);
    let snap = db.read();
    assert_eq!(ancestors(id(6), &snap), [5, 2, 1]);
    assert_eq!(ancestors(id(1), &snap), [0; 0]);
    let below = descendants(id(1), &snap);
    let level =
        |range: std::ops::Range<usize>| below[range].iter().copied().collect::<HashSet<_>>();
    assert_eq!(below.len(), 5);
    assert_eq!((level(0..2), level(2..4), level(4..5)), ([2, 3].into(), [4, 5].into(), [6].into()));
    assert_eq!(descendants(id(8), &snap), [0; 0]);
    assert_eq!(ids(Category::PARENT_ID.roots(&snap)), [1, 7]);
    assert_eq!(Category::PARENT_ID.depth(id(6), &snap), 3);
    assert_eq!(Category::PARENT_ID.depth(id(7), &snap), 0);
    let is_ancestor = |above, below| Category::PARENT_ID.is_ancestor(id(above), id(below), &snap);
    assert!(is_ancestor(1, 6) && is_ancestor(5, 6));
    assert!(!is_ancestor(6, 1) && !is_ancestor(6, 6) && !is_ancestor(3, 6) && !is_ancestor(7, 6));
}

#[test]
fn predicates_alone_and_at_the_end_of_a_path() -> Result<(), Error> {
    let db = forest(&TREE);
    db.write(|tx| tx.insert_all((1..=8).map(|number| NewProduct { category_id: id(number) })))?;
    let snap = db.read();
    let categories = |condition: Pred<Category>| met(condition, &snap);
    assert_eq!(categories(Category::PARENT_ID.under(id(2))), [4, 5, 6]);
    assert_eq!(categories(Category::PARENT_ID.above(id(6))), [1, 2, 5]);
    assert_eq!(categories(!Category::PARENT_ID.under(id(1))), [1, 7, 8]);
    let with_itself = Category::ID.eq(id(2)) | Category::PARENT_ID.under(id(2));
    assert_eq!(categories(with_itself.clone()), [2, 4, 5, 6]);
    assert_eq!(categories(Category::PARENT_ID.under(id(99))), [0; 0]);
    assert_eq!(categories(Category::PARENT_ID.above(id(99))), [0; 0]);
    let products = snap.query().filter(Product::CATEGORY_ID.is(with_itself));
    let numbers: Vec<u64> = products.ids().into_iter().map(Id::get).collect();
    assert_eq!(numbers, [2, 4, 5, 6]);
    assert_eq!(format!("{:?}", Category::PARENT_ID.under(id(2))), "parent_id under categories#2");
    // Every category that has a product below it.
    let shelves = Category::CHILDREN.any(Category::PRODUCTS.any(Pred::always()));
    assert_eq!(categories(shelves), [1, 2, 5, 7]);
    Ok(())
}

#[test]
fn a_plan_walks_to_what_is_meant() {
    let db = forest(&[&TREE[..], &[0; 100]].concat());
    db.write(|tx| tx.insert_all((1..=100).map(|number| NewProduct { category_id: id(number) })))
        .unwrap();
    let snap = db.read();
    let plan = |condition| snap.query().filter(condition).explain().lines()[0].text.clone();
    let under = || Category::PARENT_ID.under(id(2));
    assert_eq!(plan(under()), "hierarchy: parent_id under categories#2");
    assert_eq!(plan(Category::PARENT_ID.above(id(6))), "hierarchy: parent_id above categories#6");
    assert_eq!(
        plan(under() | Category::ID.eq(id(2))),
        "any of key, hierarchy: (id = 2 or parent_id under categories#2)"
    );
    let products = snap.query().filter(Product::CATEGORY_ID.is(under()));
    assert_eq!(
        products.explain().lines()[0].text,
        "from categories (hierarchy): category_id: parent_id under categories#2"
    );
}

#[test]
fn from_a_clone_from_a_stranger_and_in_a_transaction() -> Result<(), Error> {
    let db = forest(&TREE);
    let old = db.read();
    let six = old[id(6)].clone();
    db.write(|tx| {
        tx.update(id(5), |row| row.parent_id = Some(id(3)))?;
        assert_eq!(ancestors(&six, tx), [5, 3, 1]);
        assert_eq!(descendants(id(3), tx), [5, 6]);
        tx.delete(id(6))?;
        assert_eq!(ancestors(&six, tx), [5, 3, 1], "as its parent is still found");
        assert_eq!(ancestors(id(6), tx), [0; 0], "it is not there");
        assert_eq!(descendants(id(3), tx), [5]);
        Ok(())
    })?;
    assert_eq!(ancestors(&six, &old), [5, 2, 1]);
    assert_eq!(descendants(&old[id(2)], &old).len(), 3);
    let stranger = Category { id: id(70), parent_id: Some(id(6)) };
    assert_eq!(ancestors(&stranger, &old), [6, 5, 2, 1]);
    assert_eq!(descendants(&stranger, &old), [0; 0]);
    assert_eq!(Category::PARENT_ID.depth(&stranger, &old), 4);
    assert_eq!(Category::PARENT_ID.depth(id(70), &old), 0);
    // A clone that would be below itself: the walk ends where it began.
    let twisted = Category { id: id(2), parent_id: Some(id(6)) };
    assert_eq!(ancestors(&twisted, &old), [6, 5]);
    // A predicate judges the row that it is given.
    assert!(Category::PARENT_ID.under(id(2)).is_met_by(&stranger, &old));
    Ok(())
}

#[test]
fn circles_end_and_no_row_comes_twice() {
    // 1 → 1; 2 → 3 → 4 → 2; 6 → 5 → 4.
    let db = forest(&[1, 3, 4, 2, 4, 5]);
    let snap = db.read();
    assert_eq!(ancestors(id(1), &snap), [0; 0]);
    assert_eq!(descendants(id(1), &snap), [0; 0]);
    assert_eq!(ancestors(id(2), &snap), [3, 4]);
    assert_eq!(ancestors(id(6), &snap), [5, 4, 2, 3]);
    assert_eq!(Category::PARENT_ID.depth(id(6), &snap), 4);
    assert_eq!(met(Category::PARENT_ID.under(id(2)), &snap), [3, 4, 5, 6]);
    assert_eq!(met(Category::PARENT_ID.above(id(6)), &snap), [2, 3, 4, 5]);
    assert_eq!(
        descendants(id(4), &snap).into_iter().collect::<HashSet<_>>(),
        HashSet::from([2, 3, 5, 6])
    );
    assert!(!Category::PARENT_ID.is_ancestor(id(2), id(2), &snap));
    assert!(!Category::PARENT_ID.is_ancestor(id(6), id(2), &snap));
    assert_eq!(Category::PARENT_ID.roots(&snap).count(), 0);
}

#[test]
fn keys_that_are_texts_and_no_circles() -> Result<(), Error> {
    let db = forest(&[]);
    db.write(|tx| {
        for (name, within) in
            [("earth", None), ("europe", Some("earth")), ("crete", Some("europe"))]
        {
            tx.insert(NewPlace { name: name.into(), within: within.map(Id::new) })?;
        }
        let crete = Id::<Place>::new("crete");
        let names: Vec<&str> =
            Place::WITHIN.ancestors(&crete, tx).map(|place| place.name.as_str()).collect();
        assert_eq!(names, ["europe", "earth"]);
        assert_eq!(Place::WITHIN.descendants(Id::new("earth"), tx).count(), 2);
        assert_eq!(tx.query().filter(Place::WITHIN.under(Id::new("earth"))).count(), 2);
        assert!(Place::WITHIN.is_ancestor(Id::new("earth"), &tx[crete], tx));
        Ok(())
    })
}

#[test]
fn a_long_chain_needs_no_stack() {
    let length = 200_000;
    let db = forest(&(0..length).collect::<Vec<_>>());
    let snap = db.read();
    assert_eq!(Category::PARENT_ID.ancestors(id(length), &snap).count() as u64, length - 1);
    assert_eq!(Category::PARENT_ID.descendants(id(1), &snap).count() as u64, length - 1);
    assert_eq!(Category::PARENT_ID.depth(id(length), &snap) as u64, length - 1);
}

#[test]
fn at_random_they_agree_with_naive_walks() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let rows = dice.roll(14) + 1;
        // With and without circles.
        let parents: Vec<u64> =
            (1..=rows).map(|row| dice.roll(if seed % 2 == 0 { row } else { rows + 1 })).collect();
        let db = forest(&parents);
        let snap = db.read();
        let above = |row: u64| -> Vec<u64> {
            let mut found = Vec::new();
            let mut at = parents[row as usize - 1];
            while at != 0 && at != row && !found.contains(&at) {
                found.push(at);
                at = parents[at as usize - 1];
            }
            found
        };
        for row in 1..=rows {
            assert_eq!(ancestors(id(row), &snap), above(row), "{parents:?}");
            let mut below: Vec<u64> =
                (1..=rows).filter(|other| above(*other).contains(&row)).collect();
            let mut found = descendants(id(row), &snap);
            let place = |row: u64| found.iter().position(|other| *other == row);
            for child in &found {
                let parent = place(parents[*child as usize - 1]);
                assert!(parent.is_none_or(|parent| Some(parent) < place(*child)), "{found:?}");
            }
            found.sort_unstable();
            assert_eq!(found, below, "{parents:?}");
            assert_eq!(met(Category::PARENT_ID.under(id(row)), &snap), below);
            below = above(row);
            assert_eq!(Category::PARENT_ID.depth(id(row), &snap), below.len());
            below.sort_unstable();
            assert_eq!(met(Category::PARENT_ID.above(id(row)), &snap), below);
            for other in 1..=rows {
                let is_above = Category::PARENT_ID.is_ancestor(id(other), id(row), &snap);
                assert_eq!(is_above, below.contains(&other), "{parents:?}");
            }
        }
    }
}
