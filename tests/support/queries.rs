//! Random queries: asked of bondstone, and answered a second time by plain loops.
//!
//! | module | noun |
//! |---|---|
//! | [`models`](self), `typed` | the models, and their constants by name |
//! | [`cell`], [`schema`] | values and all that can be asked, as data |
//! | [`question`] | a query as data, and its answer |
//! | [`history`] | what happens before it |
//! | [`decode`], [`generate`] | both from bytes, and at random |
//! | `engine`, `results`, `join` | the query in bondstone, and what it ends in |
//! | [`naive`] | the query in plain loops |
//! | [`counters`] | what was met |
//! | [`run`](mod@run) | a case: both answers, compared |

pub mod cell;
pub mod counters;
pub mod decode;
mod engine;
pub mod generate;
pub mod history;
mod join;
mod models;
pub mod naive;
pub mod question;
mod results;
pub mod run;
pub mod schema;
mod typed;
