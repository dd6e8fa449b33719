//! Directories for files that are measured.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory of its own, removed with everything in it.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// An empty one, in this directory.
    ///
    /// # Panics
    /// If it cannot be made: there is nothing to measure then.
    pub fn within(parent: &Path) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("bondstone-compare-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(path)
    }

    /// A place in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is in the directory for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A store and the directory of its files, which outlives it.
pub struct Held<T> {
    store: T,
    files: Scratch,
}

impl Scratch {
    /// What has its files here.
    pub fn hold<T>(self, store: impl FnOnce(&Self) -> T) -> Held<T> {
        Held { store: store(&self), files: self }
    }
}

impl<T> Held<T> {
    /// Its directory.
    pub fn files(&self) -> &Scratch {
        &self.files
    }

    /// Ends the store and keeps the files.
    pub fn end(self, end: impl FnOnce(T)) -> Scratch {
        end(self.store);
        self.files
    }
}

impl<T> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.store
    }
}

/// How many bytes the files in a directory have whose names begin like this.
pub fn bytes_within(directory: &Path, beginning: &str) -> u64 {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let of_them =
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(beginning));
    of_them.filter_map(|entry| entry.metadata().ok()).map(|found| found.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_directory_of_its_own_and_goes_with_its_files() {
        let (one, other) =
            (Scratch::within(&std::env::temp_dir()), Scratch::within(&std::env::temp_dir()));
        assert_ne!(one.0, other.0);
        fs::write(one.join("log-1"), "abc").unwrap();
        fs::write(one.join("log-2"), "de").unwrap();
        fs::write(one.join("lock"), "x").unwrap();
        assert_eq!((bytes_within(&one.0, "log"), bytes_within(&one.0, "")), (5, 6));
        let path = one.0.clone();
        drop(one);
        assert!(!path.exists() && other.0.exists());
    }
}
