//! `#[acyclic]`: no row becomes its own ancestor, whatever writes it.

use bondstone::prelude::*;
use proptest::prelude::*;

#[derive(Clone, Debug, Model)]
#[table("categories")]
#[has_many(children: Category)]
struct Category {
    #[key]
    id: Id<Category>,
    #[unique]
    name: String,
    #[acyclic]
    parent_id: Option<Id<Category>>,
}

fn categories() -> Database {
    Database::builder().models::<Category>().in_memory().unwrap()
}

fn id(number: u64) -> Id<Category> {
    Id::from_u64(number).unwrap()
}

/// A chain: each row's parent is the one before.
fn chain(tx: &mut Tx, length: u64) -> Result<(), Error> {
    for number in 1..=length {
        let parent_id = Id::from_u64(number - 1);
        tx.insert(NewCategory { name: number.to_string(), parent_id })?;
    }
    Ok(())
}

#[test]
fn a_cycle_is_refused_with_the_way_round() -> Result<(), Error> {
    let db = categories();
    db.write(|tx| chain(tx, 3))?;
    db.write(|tx| {
        let refused = tx.update(id(1), |row| row.parent_id = Some(id(3))).map(drop).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "foreign key `categories_parent_id_fkey` violated: categories#1 would be its own \
             ancestor; path categories#1 → categories#3 → categories#2 → categories#1"
        );
        assert!(matches!(refused, Error::Cycle(_)));
        assert!(refused.violates(Category::PARENT_ID));
        assert!(refused.violates("categories_parent_id_fkey"));
        let violation = refused.violation().unwrap();
        assert_eq!((violation.path().len(), violation.values()), (4, &["3".to_owned()][..]));
        assert_eq!(tx[id(1)].parent_id, None, "the row is as it was");
        assert_eq!(tx[id(3)].children(tx).count(), 0, "and so is what refers");
        assert!(tx.changes().is_empty());

        let own = tx.update(id(2), |row| row.parent_id = Some(id(2))).map(drop).unwrap_err();
        assert_eq!(own.violation().unwrap().path(), ["categories#2", "categories#2"]);
        // Sideways and upwards is fine; and once 3 is elsewhere, 1 may hang below it.
        tx.update(id(3), |row| row.parent_id = Some(id(1)))?;
        tx.update(id(3), |row| row.parent_id = None)?;
        tx.update(id(1), |row| row.parent_id = Some(id(3))).map(drop)
    })?;
    assert_eq!(db.check()?, [""; 0]);
    Ok(())
}

#[test]
fn other_rules_come_first_and_other_columns_are_not_asked() -> Result<(), Error> {
    let db = categories();
    db.write(|tx| {
        chain(tx, 2)?;
        let refused = tx.update(id(1), |row| {
            row.name = "2".into();
            row.parent_id = Some(id(2));
        });
        assert!(refused.map(drop).unwrap_err().violates(Category::NAME));
        let refused = tx.update(id(1), |row| row.parent_id = Some(id(9)));
        assert!(matches!(refused, Err(Error::ForeignKey(_))));
        tx.update(id(2), |row| row.name = "two".into()).map(drop)
    })
}

#[test]
fn a_new_row_is_not_its_own_parent() -> Result<(), Error> {
    let db = categories();
    db.write(|tx| {
        let own =
            |number| Category { id: id(number), name: "own".into(), parent_id: Some(id(number)) };
        let refused = tx.insert(own(7)).unwrap_err();
        assert_eq!(refused.violation().unwrap().path(), ["categories#7", "categories#7"]);
        assert!(!tx.contains(id(7)) && tx.find(Category::NAME, "own").is_none());
        assert!(matches!(tx.insert_all([own(8)]), Err(Error::Cycle(_))));
        // Upserts end in the same places.
        let new = || NewCategory { name: "up".into(), parent_id: None };
        let up = tx.upsert(Category::NAME, new(), |_| {})?.id();
        let refused = tx.upsert(Category::NAME, new(), |row| row.parent_id = Some(up));
        assert!(matches!(refused, Err(Error::Cycle(_))));
        assert_eq!(tx.count::<Category>(), 1);
        Ok(())
    })
}

/// A hierarchy whose rows fall back to a default parent.
#[derive(Clone, Debug, Model)]
#[table("posts")]
struct Post {
    #[key]
    code: String,
    #[default(Some(Id::new("root".to_owned())))]
    #[on_delete(set_default)]
    #[on_update(set_default)]
    #[acyclic]
    boss: Option<Id<Post>>,
}

fn post(code: &str) -> Id<Post> {
    Id::new(code.to_owned())
}

/// root below mid below low below top.
fn posts() -> Result<Database, Error> {
    let db = Database::builder().models::<Post>().in_memory()?;
    db.write(|tx| {
        let mut boss = None;
        for code in ["top", "low", "mid", "root"] {
            boss = Some(tx.insert(Post { code: code.into(), boss })?);
        }
        Ok(())
    })?;
    Ok(db)
}

#[test]
fn a_default_may_close_a_cycle_too() -> Result<(), Error> {
    let db = posts()?;
    let way = [r#"posts#"mid""#, r#"posts#"root""#, r#"posts#"mid""#];
    let deleted = db.write(|tx| tx.delete(post("low")).map(drop)).unwrap_err();
    assert_eq!(deleted.violation().unwrap().path(), way);
    let rekeyed = db.write(|tx| tx.rekey(post("low"), post("high"))).unwrap_err();
    assert_eq!(rekeyed.violation().unwrap().path(), way);
    let snap = db.read();
    assert_eq!(snap.count::<Post>(), 4);
    assert_eq!(snap[post("mid")].boss, Some(post("low")));
    drop(snap);

    // A row that nobody is below of may go, and be called otherwise.
    db.write(|tx| {
        tx.update(post("root"), |root| root.boss = None)?;
        tx.delete(post("low")).map(drop)?;
        assert_eq!(tx[post("mid")].boss, Some(post("root")));
        tx.rekey(post("mid"), post("middle"))
    })?;
    assert_eq!(db.check()?, [""; 0]);
    Ok(())
}

/// A hierarchy whose rows follow.
#[derive(Clone, Debug, Model)]
#[table("parts")]
struct Part {
    #[key]
    code: String,
    #[acyclic]
    whole: Option<Id<Part>>,
}

#[test]
fn rows_that_follow_a_key_make_no_cycle() -> Result<(), Error> {
    let db = Database::builder().models::<Part>().in_memory()?;
    let part = |code: &str| Id::<Part>::new(code.to_owned());
    db.write(|tx| {
        let mut whole = None;
        for code in ["a", "b", "c", "d"] {
            whole = Some(tx.insert(Part { code: code.into(), whole })?);
        }
        tx.rekey(part("b"), part("x"))?;
        tx.rekey(part("a"), part("b"))?;
        assert_eq!(tx[part("c")].whole, Some(part("x")));
        assert_eq!(tx[part("x")].whole, Some(part("b")));
        let refused = tx.update(part("b"), |row| row.whole = Some(part("d"))).map(drop);
        let way = ["b", "d", "c", "x", "b"].map(|code| format!("parts#{code:?}"));
        assert_eq!(refused.unwrap_err().violation().unwrap().path(), way);
        Ok(())
    })
}

#[test]
fn a_long_line_of_ancestors_takes_no_stack() -> Result<(), Error> {
    let db = categories();
    let length = 50_000;
    db.write(|tx| {
        chain(tx, length)?;
        let refused = tx.update(id(1), |row| row.parent_id = Some(id(length))).map(drop);
        let refused = refused.unwrap_err();
        assert_eq!(refused.violation().unwrap().path().len(), length as usize + 1);
        tx.update(id(length), |row| row.parent_id = Some(id(1))).map(drop)
    })
}

/// Does the way up from `child` come back to it? By the parents as they would be.
fn naive_cycle(parents: &[Option<usize>], child: usize) -> bool {
    let mut seen = vec![false; parents.len()];
    let mut at = child;
    while let Some(parent) = parents[at] {
        if std::mem::replace(&mut seen[parent], true) {
            return true;
        }
        at = parent;
    }
    false
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_random_forest_stays_one(
        moves in prop::collection::vec((0..12_usize, prop::option::of(0..12_usize), 0..8_u8), 1..80)
    ) {
        let db = categories();
        db.write(|tx| {
            (1..=12).try_for_each(|number| {
                tx.insert(NewCategory { name: number.to_string(), parent_id: None }).map(drop)
            })
        }).unwrap();
        let row = |place: usize| id(place as u64 + 1);
        let mut parents: Vec<Option<usize>> = vec![None; 12];
        for (child, parent, way) in moves {
            let mut after = parents.clone();
            after[child] = parent;
            let expected = naive_cycle(&after, child);
            let done = db.write(|tx| {
                let moved = tx.update(row(child), |child| child.parent_id = parent.map(row));
                match moved.map(drop) {
                    Err(Error::Cycle(violation)) => {
                        // The path is one: each is the parent of the one before, and it comes back.
                        let mut at = child;
                        for name in &violation.path()[1..] {
                            at = after[at].unwrap();
                            assert_eq!(*name, row(at).to_string());
                        }
                        assert_eq!(at, child);
                        assert!(expected);
                    }
                    other => {
                        other?;
                        assert!(!expected);
                    }
                }
                if way == 0 { Err("taken back".into()) } else { Ok(()) }
            });
            if done.is_ok() && !expected {
                parents = after;
            }
            let snap = db.read();
            for (child, parent) in parents.iter().enumerate() {
                prop_assert_eq!(snap[row(child)].parent_id, parent.map(row));
            }
        }
        prop_assert!(db.check().unwrap().is_empty());
    }
}
