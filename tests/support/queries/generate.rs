//! Random cases, for proptest: bytes step by step and query by query, so that what fails shrinks to few of them.

use proptest::collection::vec;
use proptest::prelude::*;

use super::run::Case;
use crate::decode::Bytes;

/// A case of so many queries.
pub fn case(queries: usize) -> impl Strategy<Value = Case> {
    let opening = vec(any::<u8>(), 12).prop_map(|bytes| Bytes(&bytes).opening());
    let steps = vec(vec(any::<u8>(), 12).prop_map(|bytes| Bytes(&bytes).step()), 0..40);
    let asks = vec(vec(any::<u8>(), 0..80).prop_map(|bytes| Bytes(&bytes).ask()), queries);
    (opening, steps, asks)
        .prop_map(|(opening, steps, asks)| Case { history: [opening, steps].concat(), asks })
}
