//! Durability as a future.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::database::Inner;
use crate::error::Result;

/// Ready when a commit survives a power loss: what [`Commit::durable`](crate::Commit::durable) gives. Needs no runtime.
#[must_use = "a future does nothing until it is awaited"]
pub struct Durable {
    version: u64,
    database: Option<Arc<Inner>>,
}

impl Durable {
    pub(crate) const fn new(version: u64, database: Option<Arc<Inner>>) -> Self {
        Self { version, database }
    }
}

impl Future for Durable {
    type Output = Result<()>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let journal = self.database.as_ref().and_then(|database| database.journal.as_ref());
        journal.map_or(Poll::Ready(Ok(())), |journal| journal.poll_durable(self.version, context))
    }
}

impl std::fmt::Debug for Durable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Durable").field("version", &self.version).finish()
    }
}
