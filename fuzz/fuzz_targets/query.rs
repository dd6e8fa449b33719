//! Any bytes are a history with queries, and bondstone and plain loops answer every query alike.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let case = bondstone_tests::queries::decode::decode(bytes);
    bondstone_tests::queries::run::run(&case)
        .unwrap_or_else(|difference| panic!("{difference}\n{case:?}"));
});
