//! All rows of a table.

use super::{BY_HAND, Digest, repeat, two_of_user};
use crate::measure::Contest;
use crate::model::User;
use crate::stage::{People, Stage};
use std::hint::black_box;

/// Reads all rows, in whatever order is fastest. One operation is a row.
pub fn scan(stage: &Stage) -> Contest<'_> {
    let People { store, database, .. } = stage.people();
    let (walks, rows) = (stage.walks(), stage.rows());
    Contest::new(move || {
        let snap = database.read();
        repeat(walks, rows, || black_box(&snap).iter::<User>().map(two_of_user).digest())
    })
    .against(BY_HAND, move || {
        repeat(walks, rows, || black_box(store).users().map(two_of_user).digest())
    })
}

/// Counts the rows of a table. The base walks over its live rows, as a hand-written count must that
/// has a condition or means a moment of the past; the number of all rows now is a field of
/// `SlotMap`, and reading it costs less than a nanosecond.
pub fn count(stage: &Stage) -> Contest<'_> {
    let People { store, database, .. } = stage.people();
    let walks = stage.walks();
    Contest::new(move || {
        let snap = database.read();
        repeat(walks, 1, || black_box(&snap).count::<User>() as u64)
    })
    .against(BY_HAND, move || repeat(walks, 1, || black_box(store).users().count() as u64))
}
