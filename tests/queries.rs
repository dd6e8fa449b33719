//! Queries, and what SQLite answers to the same.

#[path = "queries/tpch.rs"]
mod tpch;
