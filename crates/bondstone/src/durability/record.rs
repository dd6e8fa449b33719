//! What a commit puts into the log: its net changes, as results.
//!
//! ```text
//! record  = part*
//! part    = table u16 · next key u64 · removed u32 · key* · put u32 · row*
//! row     = the columns, in the order of the schema that the log's segment names
//! ```
//!
//! Tables come in the order of the schema, rows in the order in which they were first written. Keys are removed before rows
//! are put, so that rows may exchange their keys. Reading runs nothing of the user's but `Eq` and `Hash` of keys.

use bondstone_persist::codec::row;
use bondstone_schema::Malformed;
use bondstone_storage::Loader;

use super::layout::{self, Layouts, Stored};
use crate::change::Changes;
use crate::error::{Error, Result};

/// Room for the record of a row or two, so that it is not moved while it grows.
const SMALL: usize = 256;

/// The record of some changes; `None` if, net, there are none. O(rows written × columns).
///
/// # Errors
/// A value that cannot be stored: a text of more than 1 GiB.
pub(crate) fn of(changes: &Changes<'_>) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::with_capacity(SMALL);
    let mut is_empty = true;
    let written = row::write(&mut bytes, |sink| {
        for (place, model) in (0..).zip(changes.database().models()) {
            if changes.concerns(model.number()) {
                is_empty &= !model.write_changes(changes, place, sink);
            }
        }
    });
    written.map_err(Error::user)?;
    Ok((!is_empty).then_some(bytes))
}

/// Takes a record into tables that are being loaded. O(its size).
pub(super) fn replay(
    record: &[u8],
    layouts: &Layouts<'_>,
    loader: &Loader,
) -> Result<(), Malformed> {
    let mut rest = record;
    while let Some((table, part)) = rest.split_first_chunk() {
        let length = match layouts.table(u16::from_le_bytes(*table).into())? {
            Stored::Table(model, layout) => model.replay(loader, layout, part)?,
            Stored::Staged(.., stage) => stage.lock().replay(part)?,
            Stored::Removed { key, row } => layout::pass_over(key, row, part)?,
        };
        rest = &part[length..];
    }
    if rest.is_empty() { Ok(()) } else { Err(Malformed::end()) }
}
