//! How far hooks go: without end they would go round in a circle, or fill the memory.

use super::HookPanic;

/// What a builder says about hooks.
pub(crate) struct Limits {
    /// So many hooks may be under way inside each other.
    pub(crate) depth: usize,
    /// So many statements a transaction's hooks may make.
    pub(crate) statements: u64,
    pub(crate) on_panic: Option<PanicListener>,
}

pub(crate) type PanicListener = Box<dyn Fn(&HookPanic<'_>) + Send + Sync>;

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 32, statements: 1_000_000, on_panic: None }
    }
}
