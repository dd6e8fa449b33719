//! What the tests share: the oracle, the operations, the fixtures.
