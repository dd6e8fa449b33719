//! The memory of bondstone: arenas, indexes, relation maps, versions and their reclamation.
//!
//! One writer at a time; any number of readers that never wait and never make the writer wait. A reader holds a
//! timestamp, every row knows since when its value holds, and nothing that a reader can reach is ever changed in place: so
//! reading hands out plain `&T` for as long as the snapshot lives.
//!
//! | from the outside in | |
//! |---|---|
//! | [`Sight`] | reading and writing at one timestamp: what the crate above uses |
//! | [`Store`] | all tables, the register, the writer's lock; commit and rollback |
//! | [`Loader`] | filling a store with the rows that a database had before |
//! | `table` | one table: prepare, write, prune, check; or load |
//! | `reclaim` | the queue of what is superseded, and of what is unlinked |
//! | `arena` | slots, versions, and the words about groups of 64 rows |
//! | `directory`, `hash`, `buckets`, `ordered` over `tree`, `postings` | the indexes |
//! | `register`, `publication`, `lock`, `writer`, `sync` | who may look at what, and since when; who writes |
//!
//! # Safety
//!
//! All `unsafe` of bondstone lives here (and in the `value` module of `bondstone-schema`). Two rules carry it:
//!
//! * **Readers hold a registered snapshot.** Whoever calls a reading function of an inner module does so through a
//!   [`Sight`], whose registration keeps what its timestamp can reach from being freed or reused.
//! * **The writer is one.** Whoever changes a shared structure holds the `Writer`, which lives behind the writer's lock.

#[expect(unsafe_code, reason = "rows are raw memory")]
mod arena;
#[expect(unsafe_code, reason = "the writer's state")]
mod buckets;
#[expect(unsafe_code, reason = "chunks are raw memory")]
mod chunks;
#[expect(unsafe_code, reason = "pages are shared without locks")]
mod directory;
mod guarded;
#[expect(unsafe_code, reason = "`slotmap::Key` is an unsafe trait")]
mod handle;
#[expect(unsafe_code, reason = "tables are replaced without locks")]
mod hash;
#[expect(unsafe_code, reason = "rows are handled without their type")]
mod kind;
#[expect(unsafe_code, reason = "rows get their type back")]
mod loader;
mod lock;
mod ordered;
#[expect(unsafe_code, reason = "blocks are replaced without locks")]
mod postings;
mod publication;
#[expect(unsafe_code, reason = "values are dropped by pointer")]
mod reclaim;
#[expect(unsafe_code, reason = "places are shared without locks")]
mod register;
#[expect(unsafe_code, reason = "rows get their type back")]
mod sight;
mod sort;
mod store;
#[expect(unsafe_code, reason = "the writer's cell")]
mod sync;
#[expect(unsafe_code, reason = "rows are handled without their type")]
mod table;
#[expect(unsafe_code, reason = "nodes are replaced without locks")]
mod tree;
#[expect(unsafe_code, reason = "retired memory is freed by pointer")]
mod writer;

#[cfg(test)]
mod by_hand;
#[cfg(all(test, loom))]
mod testing;

pub use handle::{Handle, RawHandle, Slot};
pub use loader::{Broken, Fault, Faults, Loader, TableLoader};
pub use lock::Reentrant;
pub use ordered::KeyRange;
pub use publication::Abandoned;
pub use reclaim::Backlog;
pub use sight::{
    Children, ComparedRange, IdRange, Linked, Mark, NotBegun, Open, Pairs, Refused, RowRange, Rows,
    RowsAt, Sealed, Sight, Slots, Statistics, TableView,
};
pub use store::{Store, StoreBuilder};
pub use table::prepare::Refusal;
pub use writer::{LAST_LOADED, Timestamp};
