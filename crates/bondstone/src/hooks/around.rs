//! What a thread is inside of: hooks after a commit or a rollback, which may begin another transaction.
//!
//! Its hooks may in their turn, be it in another database, and so on: without a limit the stack would overflow. A transaction that is
//! begun inside such hooks has them around its own, and is refused when they are too many; so it never ends, and no hook is called
//! without being able to say no.

use std::cell::RefCell;

use super::{Frame, Limits};
use crate::error::{Error, Result};

thread_local! {
    static AROUND: RefCell<Around> = const { RefCell::new(Around { chain: Vec::new(), begun: 0 }) };
}

struct Around {
    /// The hooks under way, each called at the end of a transaction that was begun in the one before.
    chain: Vec<Frame>,
    /// So many transactions were begun inside the first of them.
    begun: u64,
}

impl Around {
    fn begin(&mut self, limits: &Limits) -> Result<Vec<Frame>> {
        if self.chain.is_empty() {
            return Ok(Vec::new());
        }
        if self.chain.len() >= limits.depth || self.begun >= limits.statements {
            return Err(Error::HookDepth(self.chain.iter().map(Frame::to_string).collect()));
        }
        self.begun += 1;
        Ok(self.chain.clone())
    }

    fn leave(&mut self) {
        self.chain.pop();
        if self.chain.is_empty() {
            self.begun = 0;
        }
    }
}

/// A transaction begins: the hooks around it.
///
/// # Errors
/// [`Error::HookDepth`]: they are too many, or have begun too many.
pub(super) fn begin(limits: &Limits) -> Result<Vec<Frame>> {
    // When a thread ends, and its memory is gone already, it is inside of nothing.
    AROUND.try_with(|around| around.borrow_mut().begin(limits)).unwrap_or_else(|_| Ok(Vec::new()))
}

/// Runs a hook, which must not panic and is under way meanwhile.
pub(super) fn within(frame: Frame, hook: impl FnOnce()) {
    let entered = AROUND.try_with(|around| around.borrow_mut().chain.push(frame));
    hook();
    if entered.is_ok() {
        let _ = AROUND.try_with(|around| around.borrow_mut().leave());
    }
}
