//! Any bytes are a history, and engine and oracle agree about every history.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let operations = bondstone_tests::decode::decode(bytes);
    bondstone_tests::run::run(&operations)
        .unwrap_or_else(|divergence| panic!("{divergence}\n{operations:?}"));
});
