//! Rows that were stored by one version of a program are opened by the next.
//!
//! Each case has its models twice: in a module `old`, which writes, and in modules that say what became of them, which open. The
//! rows come from a log, from a snapshot, and from both; afterwards everything is stored by the new schema.
//!
//! | module | noun |
//! |---|---|
//! | `story` | two versions of a program and what is between them |
//! | `columns` | added, removed, reordered, renamed, retyped |
//! | `tables` | added, removed, renamed |
//! | `rules` | indexes, unique keys, checks, limits, foreign keys |
//! | `values` | enums and structs in columns |
//! | `keys` | primary keys of another type, or over other columns |
//! | `failures` | migrations that are cut short |
//! | `plans` | what is told beforehand |
//! | `golden` | files of every version of the format |

#![allow(dead_code, reason = "most models are there to be read with, never to be filled")]

#[path = "evolution/columns.rs"]
mod columns;
#[path = "evolution/failures.rs"]
mod failures;
#[path = "evolution/golden.rs"]
mod golden;
#[path = "evolution/keys.rs"]
mod keys;
#[path = "evolution/plans.rs"]
mod plans;
#[path = "evolution/rules.rs"]
mod rules;
#[path = "evolution/story.rs"]
mod story;
#[path = "evolution/tables.rs"]
mod tables;
#[path = "evolution/values.rs"]
mod values;
