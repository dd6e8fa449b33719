//! `Fill`: what completes a row. The `tx` of `#[on_insert(tx.now())]`.

#[cfg(feature = "jiff")]
use std::cell::Cell;
use std::ops::Deref;

use bondstone_schema::{AutoKey, Id, Model};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::view::View;

/// The time of a transaction, asked once.
#[derive(Default)]
pub(crate) struct Moment {
    #[cfg(feature = "jiff")]
    now: Cell<Option<jiff::Timestamp>>,
}

/// What the engine fills into a row: keys, times, UUIDs. Reads what the transaction reads.
pub struct Fill<'a> {
    pub(crate) view: &'a View,
    #[cfg_attr(
        not(any(feature = "jiff", feature = "uuid")),
        expect(dead_code, reason = "it has times and UUIDs")
    )]
    pub(crate) environment: &'a Environment,
    #[cfg_attr(not(feature = "jiff"), expect(dead_code, reason = "it has times"))]
    pub(crate) moment: &'a Moment,
}

impl Deref for Fill<'_> {
    type Target = View;

    fn deref(&self) -> &View {
        self.view
    }
}

impl Fill<'_> {
    /// The transaction's time: the same for every row that it writes.
    #[cfg(feature = "jiff")]
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.moment.now(self.environment)
    }

    /// The transaction's date, in UTC.
    #[cfg(feature = "jiff")]
    #[must_use]
    pub fn today(&self) -> jiff::civil::Date {
        jiff::tz::Offset::UTC.to_datetime(self.now()).date()
    }

    /// The key that the next row of `M` gets.
    ///
    /// # Errors
    /// [`Error::KeyRange`] when the counter has reached 2^48.
    pub fn next_id<M: Model<Key = AutoKey>>(&self) -> Result<Id<M>> {
        let number = self.view.sight().next_number::<M>();
        Id::from_u64(number).ok_or_else(|| Error::KeyRange(M::DEFINITION.name))
    }

    /// A new UUID that orders by time (version 7).
    #[cfg(feature = "uuid")]
    #[must_use]
    pub fn uuid(&self) -> uuid::Uuid {
        (self.environment.uuids)(7)
    }

    /// A new UUID that orders by time (version 7).
    #[cfg(feature = "uuid")]
    #[must_use]
    pub fn uuid_v7(&self) -> uuid::Uuid {
        self.uuid()
    }

    /// A new random UUID (version 4).
    #[cfg(feature = "uuid")]
    #[must_use]
    pub fn uuid_v4(&self) -> uuid::Uuid {
        (self.environment.uuids)(4)
    }
}

impl Moment {
    #[cfg(feature = "jiff")]
    pub(crate) fn now(&self, environment: &Environment) -> jiff::Timestamp {
        let now = self.now.get().unwrap_or_else(|| (environment.clock)());
        self.now.set(Some(now));
        now
    }
}
