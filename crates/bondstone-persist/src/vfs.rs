//! The only door to files, clock and randomness.
//!
//! A [`Vfs`] is **one directory**. Files have names, never paths, and a name is checked wherever it comes in: nobody
//! leaves the directory. There are two kinds: [`OsDirectory`] of the operating system, and the simulated disk (feature
//! `sim`), which loses, tears and reorders what was not synced and fails any call on request. Nothing else in this crate
//! touches a file, a clock or a random number; clippy forbids it.
//!
//! What is assumed of the medium, and nothing more:
//!
//! * After [`File::sync`] returned `Ok` the bytes stay.
//! * After [`Vfs::sync_dir`] returned `Ok` names stay as they are: created, renamed, removed.
//! * A rename is atomic.
//!
//! Not assumed: that sectors are atomic, that unsynced writes reach the medium in any order, or that a failed sync can
//! be repeated (it cannot: the data are marked clean and are gone, and the second call says `Ok`).

mod os;
#[cfg(any(test, feature = "sim"))]
pub mod sim;

use std::io::{self, ErrorKind};
use std::time::Duration;

pub use os::OsDirectory;

/// The longest name of a file.
const LONGEST_NAME: usize = 128;

/// So many interruptions in a row are no accident.
const INTERRUPTIONS: usize = 100;

/// One directory, a clock, and randomness.
pub trait Vfs: Send + Sync + 'static {
    /// Opens a file for reading and appending.
    ///
    /// # Errors
    /// `NotFound`; whatever the medium says.
    fn open(&self, name: &str) -> io::Result<Box<dyn File>>;

    /// Creates an empty file. Its name is durable after [`sync_dir`](Vfs::sync_dir), its bytes after [`File::sync`].
    ///
    /// # Errors
    /// `AlreadyExists`: a file is never overwritten by creating another.
    fn create(&self, name: &str) -> io::Result<Box<dyn File>>;

    /// The names of all files, sorted. Names that could not have been made here are left out.
    ///
    /// # Errors
    /// Whatever the medium says.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Gives a file another name, atomically; what had that name is gone.
    ///
    /// # Errors
    /// `NotFound`; whatever the medium says, and then nothing was renamed.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// `NotFound`; whatever the medium says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes all that happened to names durable.
    ///
    /// # Errors
    /// Whatever the medium says. Never to be repeated after an error.
    fn sync_dir(&self) -> io::Result<()>;

    /// Takes the lock of that name, until it is dropped or the process ends. `None`: someone holds it already, in another
    /// process or in this one.
    ///
    /// # Errors
    /// `PermissionDenied` in a read-only directory; whatever the medium says.
    fn lock(&self, name: &str) -> io::Result<Option<Box<dyn Lock>>>;

    /// The time since some moment in the past. Never goes back.
    fn now(&self) -> Duration;

    /// A random number.
    fn random(&self) -> u64;

    /// The number of this process. After a fork it is another one.
    fn process(&self) -> u32;
}

/// A file that grows at its end. One handle at a time appends.
pub trait File: Send + Sync {
    /// How many bytes it has.
    ///
    /// # Errors
    /// Whatever the medium says.
    fn len(&self) -> io::Result<u64>;

    /// Has it none?
    ///
    /// # Errors
    /// Whatever the medium says.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads some bytes, perhaps fewer than asked for; none at the end.
    ///
    /// # Errors
    /// Whatever the medium says.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Appends some of the bytes and says how many.
    ///
    /// # Errors
    /// `StorageFull`; whatever the medium says.
    fn append(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Cuts it to so many bytes.
    ///
    /// # Errors
    /// Whatever the medium says.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// Makes its bytes and its length durable.
    ///
    /// # Errors
    /// Whatever the medium says. Never to be repeated after an error.
    fn sync(&self) -> io::Result<()>;
}

impl dyn File {
    /// Reads exactly so many bytes, through interruptions and short reads. O(bytes).
    ///
    /// # Errors
    /// `UnexpectedEof` when there are fewer; whatever the medium says.
    pub fn read_exact_at(&self, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let read = uninterrupted(|| self.read_at(bytes, offset))?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            bytes = &mut bytes[read..];
            offset += read as u64;
        }
        Ok(())
    }

    /// Appends all bytes, through interruptions and short writes. O(bytes).
    ///
    /// # Errors
    /// `WriteZero` when nothing more is taken; whatever the medium says. Some of the bytes may have been appended then.
    pub fn append_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = uninterrupted(|| self.append(bytes))?;
            if written == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            bytes = &bytes[written..];
        }
        Ok(())
    }
}

/// A lock, held until it is dropped.
pub trait Lock: Send + Sync {}

/// Repeats a call that a signal interrupted.
fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for _ in 0..INTERRUPTIONS {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
    call()
}

/// May a file have this name? Letters, digits, `-`, `_` and `.`, which is not the first.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('.')
}

fn check_name(name: &str) -> io::Result<&str> {
    if is_name(name) {
        Ok(name)
    } else {
        Err(io::Error::new(ErrorKind::InvalidInput, format!("`{name}` is no name of a file here")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_leave_the_directory() {
        for name in ["lock", "log-0000000000000001", "snapshot-1.new", "a_b"] {
            assert!(is_name(name), "{name}");
        }
        let long = "x".repeat(LONGEST_NAME + 1);
        for name in ["", ".", "..", "../x", "a/b", "a\\b", "/etc", ".hidden", "a b", "ä", &long] {
            assert!(!is_name(name), "{name}");
        }
    }
}
