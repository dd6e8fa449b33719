//! The shop's own time: it begins on a fixed day and moves with every transaction that asks, so a run can be repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bondstone::prelude::*;
use jiff::SignedDuration;

/// When the shop opens. What was ordered before is history.
pub const OPENING: Timestamp = Timestamp::constant(1_767_225_600, 0);
/// How far history goes back.
pub const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// A clock that a transaction moves on by a second.
#[derive(Clone)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// A clock that begins before history does.
    pub fn before_history() -> Self {
        Self(Arc::new(AtomicI64::new((OPENING - YEAR - YEAR).as_second())))
    }

    /// Sets it to the opening of the shop.
    pub fn open(&self) {
        self.0.store(OPENING.as_second(), Ordering::Relaxed);
    }

    /// The time, a second later each time it is asked.
    pub fn tick(&self) -> Timestamp {
        let since = self.0.fetch_add(1, Ordering::Relaxed) - OPENING.as_second();
        OPENING + SignedDuration::from_secs(since)
    }
}
