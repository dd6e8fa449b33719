//! Values of the user's own in columns: enums and structs.

use bondstone::prelude::*;

use crate::story::{Old, nth, program};
use crate::version;

mod old {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
    pub enum State {
        Open,
        Held(String),
        Done { by: u32 },
    }

    #[derive(Clone, Debug, PartialEq, Value)]
    pub struct Spot {
        pub x: i32,
        pub y: i32,
    }

    #[derive(Clone, Debug, Model)]
    #[table("tasks")]
    pub struct Task {
        #[key]
        pub id: Id<Task>,
        #[index]
        pub state: State,
        pub spots: Vec<Spot>,
    }
}

fn task(state: old::State) -> old::NewTask {
    old::NewTask { state, spots: vec![old::Spot { x: 1, y: -2 }] }
}

const OLD: Old = Old {
    program: program::<old::Task>,
    first: |tx| {
        tx.insert(task(old::State::Open))?;
        tx.insert(task(old::State::Held("rain".into()))).map(drop)
    },
    second: |tx| {
        let open = nth::<old::Task>(tx, 0);
        tx.update(open, |task| task.state = old::State::Done { by: 9 })?;
        tx.insert(task(old::State::Open)).map(drop)
    },
};

mod more {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
    pub enum State {
        Lost,
        Done { at: Option<u8>, by: u64 },
        Open,
        Held(String),
    }

    #[derive(Clone, Debug, PartialEq, Value)]
    pub struct Spot {
        pub label: Option<String>,
        pub y: i64,
        pub x: i32,
    }

    #[derive(Clone, Debug, Model)]
    #[table("tasks")]
    pub struct Task {
        #[key]
        pub id: Id<Task>,
        #[index]
        pub state: State,
        pub spots: Vec<Spot>,
    }
}

#[test]
fn variants_and_optional_fields_are_added_and_reordered() {
    let more = version!(more::Task, task => "{:?} {:?}", task.state, task.spots);
    let spots = "[Spot { label: None, y: -2, x: 1 }]";
    let rows = ["Done { at: None, by: 9 }", "Held(\"rain\")", "Open"]
        .map(|state| format!("{state} {spots}"));
    OLD.becomes(
        more,
        more,
        &rows.each_ref().map(String::as_str),
        &["column `state`: changed", "column `spots`: changed"],
    );
}

mod fewer {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
    pub enum State {
        Open,
        Done { by: u32 },
    }

    #[derive(Clone, Debug, Model)]
    #[table("tasks")]
    pub struct Task {
        #[key]
        pub id: Id<Task>,
        #[index]
        pub state: State,
    }
}

#[test]
fn a_removed_variant_is_refused() {
    OLD.is_refused(program::<fewer::Task>, &["column `state`", "variant `Held` was removed"]);
}
