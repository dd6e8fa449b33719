//! What the tests share: a world of models, an oracle that knows it, histories, and one `run` that compares.
//!
//! | module | noun |
//! |---|---|
//! | [`world`] | the models |
//! | [`datum`], [`fixture`] | rows as plain data |
//! | [`specification`] | the rules and values, written a second time by hand |
//! | [`operations`], [`decode`], [`generate`] | histories: what they are, from bytes, at random |
//! | [`state`], [`refusal`], [`oracle`] | the naive database |
//! | [`ways`], [`ask`] | questions to a view |
//! | [`counters`] | what was met |
//! | [`run`](mod@run) | one history, both sides |
//! | [`queries`] | random queries, with models and a naive evaluation of their own |
//! | [`dice`] | chance, for tests with histories of their own |
//! | [`files`] | files that were changed on purpose, with models and rules of their own |
//! | [`corpus`] | inputs of the fuzzer, small ones |
//!
//! The oracle shares no code with the engine. A difference is a [`Divergence`](run::Divergence), and proptest shrinks the
//! history to a small one that still has it.

pub mod ask;
pub mod corpus;
pub mod counters;
pub mod datum;
pub mod decode;
pub mod dice;
pub mod files;
pub mod fixture;
pub mod generate;
pub mod operations;
pub mod oracle;
pub mod queries;
pub mod refusal;
pub mod run;
pub mod specification;
pub mod state;
pub mod ways;
pub mod world;
