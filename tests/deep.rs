//! Depth: cascades through a million rows, in a row and in a circle, on a thread with little stack.
//!
//! Recursion anywhere in the plan, the deed, the rollback, the check or the drop of the database would overflow these
//! 64 KiB.

use bondstone::prelude::*;
use bondstone_tests::dice::Dice;

const STACK: usize = 64 * 1024;
const LENGTH: u64 = 1_000_000;

/// A link of a chain. Its key is its own: the shrunk directory of the engine's numbers is not made for so many.
#[derive(Clone, Debug, Model)]
#[table("links")]
#[has_many(next: Link)]
struct Link {
    #[key]
    number: u64,
    #[on_delete(cascade)]
    before: Option<Id<Link>>,
}

/// A step. One may follow itself.
#[derive(Clone, Debug, Model)]
#[table("steps")]
struct Step {
    #[key]
    name: i64,
    #[on_delete(set_null)]
    before: Option<Id<Step>>,
}

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work);
    thread.expect("threads can be made").join().expect("the stack is large enough");
}

fn link(number: u64) -> Id<Link> {
    Id::new(number)
}

fn chain() -> Database {
    let db =
        Database::builder().models::<(Link, Step)>().in_memory().expect("the models fit together");
    let links = (1..=LENGTH)
        .map(|number| NewLink { number, before: (number > 1).then(|| link(number - 1)) });
    db.write(|tx| tx.insert_all(links).map(drop)).expect("each refers to the one before");
    db
}

/// Conditions on related rows stand within each other as often as they may; beyond, the program is told and not ended.
#[test]
fn relations_of_relations() {
    let db = Database::builder().models::<(Link, Step)>().in_memory().expect("the models fit");
    let step = |name: i64| NewStep { name, before: (name > 0).then(|| Id::new(name - 1)) };
    db.write(|tx| tx.insert_all((0..100).map(step)).map(drop))
        .expect("each follows the one before");
    let snap = db.read();
    let mut condition = Step::NAME.eq(3);
    for hop in 1..=64 {
        condition = match hop % 3 {
            0 => Step::BEFORE.is(condition) & Step::NAME.ge(0),
            1 => Step::BEFORE.is(condition),
            _ => !!Step::BEFORE.is(condition),
        };
        if hop < 4 || hop % 10 == 0 || hop == 64 {
            let found = snap.query::<Step>().filter(condition.clone()).ids();
            assert_eq!(found, [Id::new(3 + hop)], "{hop} relations");
        }
    }
    let mut wide = Link::NUMBER.ge(0);
    for _ in 1..64 {
        wide =
            Link::NEXT.any(wide.clone() | Link::BEFORE.is(Link::NUMBER.eq(1)) & Link::NUMBER.gt(2));
    }
    assert_eq!(snap.query::<Link>().filter(wide).count(), 0);
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut condition = Step::NAME.eq(3);
        for _ in 0..100_000 {
            condition = Step::BEFORE.is(condition) | Step::NAME.eq(1);
        }
    }));
    let told = refused.expect_err("that is too deep");
    let told = told.downcast_ref::<String>().expect("a text");
    assert!(told.contains("65 relations"), "{told}");
}

/// A condition that a program builds in a loop: however deep, it is judged, told, cloned and dropped.
#[test]
fn conditions_of_any_depth() {
    const NAMES: std::ops::Range<i64> = -8..8;
    let db = Database::builder().models::<(Link, Step)>().in_memory().expect("the models fit");
    db.write(|tx| tx.insert_all(NAMES.map(|name| NewStep { name, before: None })).map(drop))
        .expect("no name comes twice");
    let snap = db.read();
    let mut dice = Dice(1);
    for depth in [3, 40, 63, 64, 65, 66, 130, 1_000, 20_000] {
        let (mut condition, mut met) = (Step::NAME.ge(0), NAMES.map(|name| name >= 0).collect());
        let change = |met: &mut Vec<bool>, change: &dyn Fn(bool, i64) -> bool| {
            met.iter_mut().zip(NAMES).for_each(|(met, name)| *met = change(*met, name));
        };
        for _ in 0..depth {
            let least = dice.roll(16) as i64 - 8;
            let (other, one) = (Step::NAME.ge(least), Step::NAME.eq(least));
            condition = match dice.roll(5) {
                0 => {
                    change(&mut met, &|met, name| met && name >= least);
                    condition & other
                }
                1 => {
                    change(&mut met, &|met, name| met || name == least);
                    one | condition
                }
                2 => {
                    change(&mut met, &|met, name| met && name != least || name == -least);
                    (condition & !one) | Step::NAME.eq(-least)
                }
                3 => {
                    change(&mut met, &|met, name| met || name >= least && name != 3);
                    condition | (other & Step::NAME.ne(3))
                }
                _ => {
                    change(&mut met, &|met, _| !met);
                    !condition
                }
            };
        }
        let expected: Vec<i64> =
            NAMES.zip(&met).filter(|(_, met)| **met).map(|(name, _)| name).collect();
        let query = snap.query().filter(condition.clone());
        let found = query.clone().order_by_key().all();
        assert_eq!(found.iter().map(|step| step.name).collect::<Vec<_>>(), expected, "{depth}");
        assert_eq!(query.count(), expected.len(), "{depth}");
        let text = format!("{condition:?}");
        assert_eq!(text.matches('(').count(), text.matches(')').count(), "{depth}");
    }
}

#[test]
fn texts_of_deep_conditions_are_those_of_shallow_ones() {
    let deep = |levels: i64| {
        (0..levels).fold(Step::NAME.eq(0), |inner, level| {
            !(inner & Step::NAME.ge(level)) | Step::NAME.lt(-level)
        })
    };
    let mut expected = "name = 0".to_owned();
    for level in 0..100 {
        expected = format!("(not ({expected} and name >= {level}) or name < {})", -level);
    }
    assert_eq!(format!("{:?}", deep(100)), expected);
}

#[test]
fn a_long_chain_goes_as_one() {
    on_a_small_stack(|| {
        let db = chain();
        let before = db.read();
        db.write(|tx| {
            let plan = tx.preview_delete(link(1))?;
            assert_eq!(plan.deletes().len() as u64, LENGTH - 1);
            let _ = tx.savepoint(|tx| -> Result<(), Error> {
                tx.delete(link(1))?;
                assert_eq!(tx.count::<Link>(), 0);
                Err("it comes back".into())
            });
            assert_eq!(tx.count::<Link>() as u64, LENGTH);
            tx.delete(link(LENGTH / 2))?;
            Ok(())
        })
        .expect("everything cascades");
        assert_eq!(db.read().count::<Link>() as u64, LENGTH / 2 - 1);
        assert_eq!(before.count::<Link>() as u64, LENGTH);
        drop(before);
        db.write(|tx| tx.delete(link(1)).map(drop)).expect("everything cascades");
        assert_eq!(db.read().count::<Link>(), 0);
        assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
    });
}

#[test]
fn a_circle_goes_as_one_from_anywhere() {
    on_a_small_stack(|| {
        let db = chain();
        db.write(|tx| tx.update(link(1), |first| first.before = Some(link(LENGTH))).map(drop))
            .expect("a circle is allowed");
        db.write(|tx| tx.delete(link(LENGTH / 3)).map(drop)).expect("everything cascades");
        assert_eq!(db.read().count::<Link>(), 0);
        assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
    });
}

#[test]
fn one_row_with_all_the_others() {
    on_a_small_stack(|| {
        let db = Database::builder().models::<Step>().in_memory().expect("the model is fine");
        let steps = LENGTH as i64 / 10;
        db.write(|tx| {
            let rows = (0..steps).map(|name| NewStep { name, before: Some(Id::new(0)) });
            tx.insert_all(rows).map(drop)
        })
        .expect("the first refers to itself");
        db.write(|tx| tx.rekey(Id::<Step>::new(0), Id::new(-1))).expect("all follow");
        let snap = db.read();
        assert!(snap.iter::<Step>().all(|step| step.before == Some(Id::new(-1))));
        drop(snap);
        db.write(|tx| tx.delete(Id::<Step>::new(-1)).map(drop)).expect("all let go");
        assert!(db.read().iter::<Step>().all(|step| step.before.is_none()));
        assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
    });
}
