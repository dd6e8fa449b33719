//! Clock and randomness: the only two doors through which the world gets into a transaction, so that tests can shut them.

#[cfg(feature = "jiff")]
type Clock = Box<dyn Fn() -> jiff::Timestamp + Send + Sync>;
#[cfg(feature = "uuid")]
type Uuids = Box<dyn Fn(u8) -> uuid::Uuid + Send + Sync>;

/// Where times and UUIDs come from.
pub(crate) struct Environment {
    #[cfg(feature = "jiff")]
    pub(crate) clock: Clock,
    #[cfg(feature = "uuid")]
    pub(crate) uuids: Uuids,
}

#[cfg_attr(
    not(any(feature = "jiff", feature = "uuid")),
    expect(clippy::derivable_impls, reason = "it has a clock and UUIDs")
)]
impl Default for Environment {
    fn default() -> Self {
        Self {
            #[cfg(feature = "jiff")]
            clock: Box::new(jiff::Timestamp::now),
            #[cfg(feature = "uuid")]
            uuids: Box::new(|version| match version {
                4 => uuid::Uuid::new_v4(),
                _ => uuid::Uuid::now_v7(),
            }),
        }
    }
}
