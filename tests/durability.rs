//! What was acknowledged is kept: crashes, faults, damage, and what a database does with them.
//!
//! | module | noun |
//! |---|---|
//! | `models` | a few models, and the state of a database as text |
//! | `session` | a program with a database on a simulated disk: what it was promised |
//! | `workloads` | scripted programs |
//! | `crash` | every operation of every workload is the last one; every image of the disk is opened |
//! | `faults` | operations that fail |
//! | `damage` | bits that flip and files that end early |
//! | `levels` | what each level promises, and threads that commit together |
//! | `canaries` | faults of the engine that these must find |
//! | `opening` | locks, foreign files, what opening says |
//! | `kill` | real processes, killed |

#[cfg(canary)]
#[path = "durability/canaries.rs"]
mod canaries;
#[path = "durability/crash.rs"]
mod crash;
#[path = "durability/damage.rs"]
mod damage;
#[path = "durability/faults.rs"]
mod faults;
#[path = "durability/kill.rs"]
mod kill;
#[path = "durability/levels.rs"]
mod levels;
#[path = "durability/models.rs"]
mod models;
#[path = "durability/opening.rs"]
mod opening;
#[path = "durability/session.rs"]
mod session;
#[path = "durability/workloads.rs"]
mod workloads;
