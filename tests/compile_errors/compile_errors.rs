//! What the compiler says when a model is wrong, and that it says nothing when it is right.
//!
//! Each case is a small program beside the expected message. After a change of the derive, look at what
//! `TRYBUILD=overwrite cargo test -p bondstone-compile-errors` has written, message by message: each must
//! stand at the user's own token and say what to change.

#[test]
fn mistakes_are_explained_where_they_are_made() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}

#[test]
fn careful_programs_compile_and_run() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}
