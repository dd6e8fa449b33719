//! Rows together with other rows: with those they are related to, with those of equal values, and page by page. Each
//! answer is compared with a naive loop's, in an old snapshot, a new one, and a transaction that has written.

#[path = "joins/pairs.rs"]
mod pairs;
#[path = "joins/with.rs"]
mod with;
#[path = "joins/world.rs"]
mod world;
