//! A hundred entries of an ordered index, from a random place on.

use super::{BY_HAND, Digest, each, two_of_user};
use crate::measure::Contest;
use crate::model::User;
use crate::stage::{People, Stage};

const LENGTH: usize = 100;

/// Scores of random users, with at least a hundred entries above each.
fn starts(stage: &Stage) -> Vec<i64> {
    let mut scores: Vec<_> = stage.people().data.iter().map(|row| row.score).collect();
    scores.sort_unstable();
    scores.truncate(scores.len() - LENGTH);
    stage.random(5).picks(&scores, stage.reads() / 20)
}

/// What the index can answer by itself. One operation is a whole range; the checksum depends on the
/// order.
pub fn ordered_range_100_ids(stage: &Stage) -> Contest<'_> {
    let People { store, database, .. } = stage.people();
    let (ours, theirs) = (starts(stage), starts(stage));
    let in_order = |digest: u64, id: u64| digest.wrapping_mul(31).wrapping_add(id);
    Contest::new(move || {
        let snap = database.read();
        each(&ours, |&from| {
            let ids = snap.range(User::SCORE, from..).ids();
            ids.take(LENGTH).map(|id| id.get()).fold(0, in_order)
        })
    })
    .against(BY_HAND, move || {
        each(&theirs, |&from| store.user_ids_from_score(from).take(LENGTH).fold(0, in_order))
    })
}

/// The rows behind the entries. One operation is a whole range.
pub fn ordered_range_100_rows(stage: &Stage) -> Contest<'_> {
    let People { store, database, .. } = stage.people();
    let (ours, theirs) = (starts(stage), starts(stage));
    Contest::new(move || {
        let snap = database.read();
        each(&ours, |&from| snap.range(User::SCORE, from..).take(LENGTH).map(two_of_user).digest())
    })
    .against(BY_HAND, move || {
        each(&theirs, |&from| store.users_from_score(from).take(LENGTH).map(two_of_user).digest())
    })
}
