//! Enums whose `Ord` is not the order of their declaration: an index that would have the wrong order is refused, wherever the
//! enum stands in its key; what is grouped, sorted and paged has the enum's own order.

use std::cmp::Ordering;

use bondstone::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Value)]
enum Urgency {
    Low,
    Middle,
    High,
}

impl Ord for Urgency {
    fn cmp(&self, other: &Self) -> Ordering {
        (*other as u8).cmp(&(*self as u8))
    }
}

impl PartialOrd for Urgency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

const ALL: [Urgency; 3] = [Urgency::Low, Urgency::Middle, Urgency::High];

/// Its fields come to the places of an index's key in every way.
macro_rules! refused {
    ($($model:ident in $table:literal: $type:ty;)*) => {$({
        #[derive(Clone, Debug, Model)]
        #[table($table)]
        struct $model {
            #[key]
            id: Id<$model>,
            #[index]
            urgency: $type,
        }

        let refusal = Database::builder().models::<$model>().in_memory().err();
        let text = refusal.map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains("Low is declared before Middle, but is not less"), "{text:?}");
    })*};
}

#[test]
fn an_index_with_another_order_is_refused() {
    refused! {
        Plain in "plain": Urgency;
        Optional in "optional": Option<Urgency>;
        Boxed in "boxed": Box<Urgency>;
        Paired in "paired": (u8, Urgency);
        Deep in "deep": Option<Box<(u8, (Urgency, bool))>>;
    }
}

#[derive(Clone, Debug, Model)]
#[table("hybrids")]
#[index(URGENCY)]
struct Hybrid {
    #[key]
    id: Id<Hybrid>,
    level: u8,
}

impl Hybrid {
    #[hybrid]
    fn urgency(&self) -> Option<Urgency> {
        ALL.get(usize::from(self.level)).copied()
    }
}

#[test]
fn so_is_one_over_a_hybrid() {
    let refusal = Database::builder().models::<Hybrid>().in_memory().err();
    let text = refusal.map(|error| error.to_string()).unwrap_or_default();
    assert!(text.contains("Low is declared before Middle, but is not less"), "{text:?}");
}

#[derive(Clone, Debug, Model)]
#[table("jobs")]
struct Job {
    #[key]
    id: Id<Job>,
    /// An index that asks `Ord`, since a list has no encoding.
    #[index]
    listed: (Urgency, Vec<u8>),
    pair: (Urgency, u8),
}

#[test]
fn groups_pages_and_compared_indexes_have_its_own_order() {
    let db = Database::builder().models::<Job>().in_memory().unwrap();
    db.write(|tx| {
        tx.insert_all((0..12_u8).map(|number| {
            let urgency = ALL[usize::from(number) % 3];
            NewJob { listed: (urgency, vec![number]), pair: (urgency, number % 2) }
        }))
    })
    .unwrap();
    let snap = db.read();
    let keys = snap.query::<Job>().group_by(Job::PAIR).keys();
    assert_eq!(keys.len(), 6);
    assert!(keys.is_sorted() && keys[0].0 == Urgency::High, "{keys:?}");
    let listed = snap.query::<Job>().order_by(Job::LISTED.asc()).all();
    assert!(listed.is_sorted_by_key(|job| job.listed.clone()));
    let urgent = snap.query().filter(Job::LISTED.lt((Urgency::Middle, Vec::new())));
    assert_eq!(urgent.count(), 4);
    let ordered = || snap.query::<Job>().order_by(Job::PAIR.asc());
    assert!(ordered().all().is_sorted_by_key(|job| job.pair));
    let refusal = ordered().page(5, None).err().map(|error| error.to_string());
    assert!(refusal.is_some(), "a cursor remembers bytes, and these have another order");
}
