//! How safe a commit is when it returns.

/// What has happened when a commit returns `Ok`.
///
/// The log is written in the order of commits at every level. So whatever comes back after a crash is a beginning of that
/// order, never with a hole, and a commit that becomes durable takes all before it along.
///
/// | level | done before `Ok` | survives |
/// |---|---|---|
/// | `Memory` | checked, and seen by everyone | nothing: it is in the process, and goes out with the next stronger commit, a flush, or a close |
/// | `Buffered` | handed to the operating system | the end of the process, however it comes |
/// | `Sync` | on the medium, and all before it | power loss |
///
/// In a database whose commits are all `Sync`, a reader never sees anything that a power loss can take back.
///
/// A database [in memory](crate::Builder::in_memory) has no files, and levels mean nothing to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing was written yet. The fastest.
    Memory,
    /// The operating system has it. About a microsecond more.
    Buffered,
    /// The medium has it. As long as the medium takes; commits of several threads share one wait.
    #[default]
    Sync,
}
