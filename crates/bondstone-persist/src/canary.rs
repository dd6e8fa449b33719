//! Faults that are built in on purpose, to see that the tests find them.
//!
//! In a normal build every canary is constant `false` and costs nothing. A build with `--cfg canary` can
//! switch one on by its name, with `set(name, on)`; a run of the crash tests must then fail:
//!
//! ```text
//! RUSTFLAGS="--cfg canary" cargo test -p bondstone-persist --target-dir target/canary canary
//! ```

macro_rules! canaries {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// A fault that can be switched on in a build with `--cfg canary`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Canary {
            $($(#[doc = $doc])* $name,)*
        }

        /// The names of all canaries.
        pub const CANARIES: &[&str] = &[$(stringify!($name)),*];
    };
}

canaries! {
    /// The log says that it is synced, and is not.
    SkipLogSync,
    /// A new segment is used before its bytes are synced.
    SkipSegmentSync,
    /// A new segment is used before its name is durable.
    SkipDirSyncAtCreate,
    /// A full segment is left behind unsynced.
    SkipSyncAtRotation,
    /// What was read of the newest segment counts as synced without having been written again.
    TailNotSettled,
    /// Commits are published before they are synced.
    PublishBeforeSync,
    /// Commits are acknowledged before they are synced.
    AcknowledgeBeforeSync,
    /// A failed sync is tried again.
    RetryFailedSync,
    /// The checksum of a frame covers its payload only.
    ChecksumWithoutHeader,
    /// Frames need not follow each other's checksums.
    NoChain,
    /// A damaged frame is taken as the end, though a later one says that it was synced.
    SyncedBadFrameIsEnd,
    /// A lost frame is taken as damage, since a later one survived.
    UnsyncedHoleIsDamage,
    /// Whoever began on an unpublished base does not wait for it.
    ReturnBeforeBase,
    /// A segment missing between two others is not noticed.
    SyncedOldSegmentMissing,
    /// A snapshot gets its name before its bytes are synced.
    SkipSnapshotSync,
    /// What a snapshot replaces is removed before its name is durable.
    SkipDirSyncAtRename,
    /// What a snapshot replaces is removed before it is written.
    DropOldSnapshotFirst,
    /// The log is not cut after an append that failed half-way.
    KeepFailedAppend,
    /// A commit is acknowledged that the operating system does not have yet.
    AcknowledgeBeforeAppend,
    /// The checksum of a block of a snapshot is not compared.
    BlockNotCompared,
    /// The checksum of a snapshot's header is not compared.
    HeaderNotCompared,
    /// The length of a frame is believed before it is compared with the file's.
    LengthBelieved,
}

/// Is it on? Constant `false` in a normal build.
#[cfg(not(canary))]
pub(crate) const fn is_on(_: Canary) -> bool {
    false
}

#[cfg(canary)]
static ON: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

#[cfg(canary)]
pub(crate) fn is_on(canary: Canary) -> bool {
    ON.load(std::sync::atomic::Ordering::Relaxed) >> canary as u8 & 1 == 1
}

/// Switches a canary on or off, for the whole process.
///
/// # Panics
/// When there is none of that name.
#[cfg(canary)]
pub fn set(name: &str, on: bool) {
    let index = CANARIES.iter().position(|other| *other == name).expect("a canary's name");
    let bit = 1 << index;
    if on {
        ON.fetch_or(bit, std::sync::atomic::Ordering::Relaxed);
    } else {
        ON.fetch_and(!bit, std::sync::atomic::Ordering::Relaxed);
    }
}

macro_rules! canary {
    ($name:ident) => {
        $crate::canary::is_on($crate::canary::Canary::$name)
    };
}
pub(crate) use canary;
