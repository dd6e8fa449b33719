//! How many bytes the process holds.
//!
//! The allocator passes every call on to the system's and keeps one balance, of the bytes that were
//! asked for and not of what the system adds around them. It is an atomic counter, and every
//! allocation of every contestant pays its few nanoseconds.

use cap::Cap;
use std::alloc::System;

#[global_allocator]
static COUNTING: Cap<System> = Cap::new(System, usize::MAX);

/// What `build` returns, and the bytes that were allocated meanwhile, by any thread, and not freed.
pub fn held<T>(build: impl FnOnce() -> T) -> (T, usize) {
    let before = COUNTING.allocated();
    let built = build();
    (built, COUNTING.allocated().saturating_sub(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Large beside what other tests do meanwhile.
    const LARGE: usize = 1 << 30;
    const SLACK: usize = 1 << 28;

    #[test]
    fn what_is_kept_counts_on_any_thread_and_what_is_freed_does_not() {
        let build = || std::thread::spawn(|| (drop(vec![0_u8; LARGE]), vec![0_u8; LARGE]).1);
        let (kept, bytes) = held(|| build().join());
        assert!(bytes.abs_diff(LARGE) < SLACK, "{bytes}");
        assert!(held(move || drop(kept)).1 < SLACK, "a negative balance is nothing held");
    }
}
