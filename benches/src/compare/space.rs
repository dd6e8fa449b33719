//! What a row holds in memory with its three unique indexes, its ordered one and its id.

use super::{BY_HAND, Digest, two_of_user};
use crate::byhand::Store;
use crate::measure::{Contest, Figure, Lap};
use crate::memory;
use crate::model::{NewUser, User};
use crate::stage::{self, People, Stage};

/// Bytes of a table that was filled row by row, with the heap of its texts, divided by its rows.
pub fn bytes_per_row(stage: &Stage) -> Contest<'_> {
    let People { data, .. } = stage.people();
    Contest::new(move || {
        let (database, bytes) = memory::held(|| {
            let database = stage::database();
            for row in data {
                database.write(|tx| tx.insert(row.clone())).expect("generated rows are valid");
            }
            database
        });
        lap(data, bytes, database.read().iter::<User>().map(two_of_user).digest())
    })
    .against(BY_HAND, move || {
        let (store, bytes) = memory::held(|| {
            let mut store = Store::default();
            for row in data {
                store.insert_user(row.clone()).expect("generated rows are valid");
            }
            store
        });
        lap(data, bytes, store.users().map(two_of_user).digest())
    })
    .for_figure(Figure::Bytes)
}

fn lap(data: &[NewUser], bytes: usize, checksum: u64) -> Lap {
    Lap { cost: bytes as f64, operations: data.len(), checksum }
}
