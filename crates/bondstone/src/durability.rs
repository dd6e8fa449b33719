//! Durability: what of a database is in files.
//!
//! ```text
//! builder.open ─► lock ─► snapshot ─► log ─► indexes, relations, constraints ─► Database
//!                          rows, by primary key alone   built and checked at once
//!
//! tx.commit ─► record ─► append ─┬─► writer's lock is free ─► sync, shared ─► publish, in order ─► Ok
//!              net changes       └─► refused: rolled back, no trace
//! ```
//!
//! The files themselves (frames, segments, columns, checksums) are the matter of `bondstone-persist`, which knows no models;
//! here models are written to them and read from them.
//!
//! | file | noun |
//! |---|---|
//! | `level` | how safe a commit is when it returns |
//! | `options` | how a database with files is opened |
//! | `table` | a model without its type, as it is written and read |
//! | `record` | what a commit puts into the log |
//! | `layout` | where the columns of a model are in rows of another schema |
//! | `load` | the rows of a snapshot, into tables |
//! | `stage` | rows by a key that is not the model's any more |
//! | `reading` | all that files hold, as tables, built and tested |
//! | `violations` | rows that break rules |
//! | `open` | from files to a database |
//! | `migration` | what opening would do, told beforehand |
//! | `opened` | what was found |
//! | `journal` | the log of an open database: commit, flush, close |
//! | `builder` | what builder and handle offer for it |
//! | `base` | who builds on what is not published yet |
//! | `durable` | a future |
//! | `checkpoint` | a snapshot of all rows; backups |
//! | `verify` | are the files whole? |
//! | `keeper` | the thread in the background |

mod base;
mod builder;
mod checkpoint;
mod durable;
mod journal;
mod keeper;
mod layout;
mod level;
mod load;
mod migration;
mod open;
mod opened;
mod options;
mod reading;
pub(crate) mod record;
mod stage;
pub(crate) mod table;
mod verify;
mod violations;

pub(crate) use base::Base;
pub use checkpoint::Checkpoint;
pub use durable::Durable;
pub(crate) use journal::Journal;
pub use level::Level;
pub use migration::MigrationPlan;
pub use opened::Opened;
pub(crate) use options::Options;
pub use options::Progress;
pub use verify::{Verified, verify, verify_in};
