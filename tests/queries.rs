//! Queries, and what SQLite answers to the same.

#[path = "queries/mirror.rs"]
mod mirror;
#[path = "queries/random.rs"]
mod random;
#[path = "queries/tpch.rs"]
mod tpch;
