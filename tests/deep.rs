//! Depth: cascades through a million rows, in a row and in a circle, on a thread with little stack.
//!
//! Recursion anywhere in the plan, the deed, the rollback, the check or the drop of the database would overflow these
//! 64 KiB.

use bondstone::prelude::*;

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
