//! A directory of the operating system. The one place where files, clock, randomness and the process are touched.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fs::{self, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{File, Lock, Vfs, check_name, is_name};

/// A directory of the operating system.
///
/// ```
/// use bondstone_persist::vfs::{OsDirectory, Vfs};
/// # let path = std::env::temp_dir().join(format!("bondstone-doc-{}", std::process::id()));
/// let directory = OsDirectory::open(&path, true)?;
/// let file = directory.create("greeting")?;
/// file.append_all(b"hello")?;
/// file.sync()?;
/// directory.sync_dir()?;
/// assert_eq!(directory.list()?, ["greeting"]);
/// # std::fs::remove_dir_all(path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct OsDirectory {
    path: PathBuf,
    beginning: Instant,
}

impl OsDirectory {
    /// Opens a directory; if it does not exist and is to be created, creates it durably (its parent must exist).
    ///
    /// # Errors
    /// `NotFound`; `NotADirectory` when the path is a file; whatever the operating system says.
    pub fn open(path: impl AsRef<Path>, create: bool) -> io::Result<Self> {
        let path = path.as_ref();
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(explained(ErrorKind::NotADirectory, path, "is a file")),
            Err(error) if error.kind() == ErrorKind::NotFound && create => create_durably(path)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(explained(ErrorKind::NotFound, path, "does not exist"));
            }
            Err(error) => return Err(error),
        }
        // The program may change its working directory while the database is open.
        Ok(Self { path: path.canonicalize()?, beginning: Instant::now() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn place(&self, name: &str) -> io::Result<PathBuf> {
        Ok(self.path.join(check_name(name)?))
    }

    /// The place of a file that is one: not a link to somewhere else, not a directory.
    fn place_of_file(&self, name: &str) -> io::Result<PathBuf> {
        let place = self.place(name)?;
        if fs::symlink_metadata(&place)?.is_file() {
            Ok(place)
        } else {
            Err(explained(ErrorKind::InvalidInput, &place, "is not a plain file"))
        }
    }
}

impl Vfs for OsDirectory {
    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        let place = self.place_of_file(name)?;
        let file = match OpenOptions::new().read(true).write(true).open(&place) {
            // What may not be written can still be read: a copy to be verified.
            Err(error) if is_read_only(&error) => OpenOptions::new().read(true).open(&place)?,
            opened => opened?,
        };
        let end = file.metadata()?.len();
        Ok(Box::new(OsFile { file, end: AtomicU64::new(end) }))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        let place = self.place(name)?;
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(place)?;
        Ok(Box::new(OsFile { file, end: AtomicU64::new(0) }))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            names.extend(entry?.file_name().into_string().ok().filter(|name| is_name(name)));
        }
        names.sort_unstable();
        Ok(names)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.place(from)?, self.place(to)?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.place(name)?)
    }

    fn sync_dir(&self) -> io::Result<()> {
        sync_directory(&self.path)
    }

    fn lock(&self, name: &str) -> io::Result<Option<Box<dyn Lock>>> {
        if fs::metadata(&self.path)?.permissions().readonly() {
            return Err(explained(ErrorKind::PermissionDenied, &self.path, "is read-only"));
        }
        let place = self.place(name)?;
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(place)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(OsLock { _file: file }))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn now(&self) -> Duration {
        self.beginning.elapsed()
    }

    fn random(&self) -> u64 {
        // The one source of randomness of std: the keys of a map's hasher.
        RandomState::new().hash_one(Instant::now().duration_since(self.beginning))
    }

    fn process(&self) -> u32 {
        std::process::id()
    }
}

struct OsFile {
    file: fs::File,
    /// Where to append. Writing at a place, since not every system can cut a file that was opened for appending only.
    end: AtomicU64,
}

impl File for OsFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_at(&self.file, bytes, offset);
        #[cfg(windows)]
        return std::os::windows::fs::FileExt::seek_read(&self.file, bytes, offset);
    }

    fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        let end = self.end.load(Ordering::Relaxed);
        #[cfg(unix)]
        let written = std::os::unix::fs::FileExt::write_at(&self.file, bytes, end)?;
        #[cfg(windows)]
        let written = std::os::windows::fs::FileExt::seek_write(&self.file, bytes, end)?;
        self.end.store(end + written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.end.store(length, Ordering::Relaxed);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// Locks of std belong to the open file, not to the process: a second open in this process is refused too, and the
/// lock goes when the file is closed, however the process ends.
struct OsLock {
    _file: fs::File,
}

impl Lock for OsLock {}

fn create_durably(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        // Someone else was faster, which is as good.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
        created => created?,
    }
    match path.canonicalize()?.parent() {
        Some(parent) => sync_directory(parent),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// Directories cannot be opened there, and names are kept by the file system's journal.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

fn explained(kind: ErrorKind, path: &Path, what: &str) -> io::Error {
    io::Error::new(kind, format!("`{}` {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory for one test, gone afterwards.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("bondstone-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_appended_cut_renamed_and_removed() {
        let scratch = Scratch::new("file");
        let directory = OsDirectory::open(&scratch.0, true).unwrap();
        let file = directory.create("a").unwrap();
        file.append_all(b"hello").unwrap();
        file.truncate(4).unwrap();
        file.append_all(b"!").unwrap();
        file.sync().unwrap();
        assert_eq!(directory.create("a").err().unwrap().kind(), ErrorKind::AlreadyExists);
        directory.rename("a", "b").unwrap();
        directory.sync_dir().unwrap();
        let file = directory.open("b").unwrap();
        file.append_all(b"?").unwrap();
        let mut bytes = [0; 6];
        file.read_exact_at(&mut bytes, 0).unwrap();
        assert_eq!(&bytes, b"hell!?");
        let error = file.read_exact_at(&mut bytes, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        directory.remove("b").unwrap();
        assert_eq!(directory.list().unwrap(), [""; 0]);
        assert_eq!(directory.open("b").err().unwrap().kind(), ErrorKind::NotFound);
        assert_eq!(directory.open("../b").err().unwrap().kind(), ErrorKind::InvalidInput);
        assert!(directory.random() != directory.random());
    }

    #[test]
    fn what_is_no_directory_is_said() {
        let scratch = Scratch::new("kinds");
        let error = OsDirectory::open(&scratch.0, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().ends_with("does not exist"), "{error}");
        fs::write(&scratch.0, "a file").unwrap();
        let error = OsDirectory::open(&scratch.0, true).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotADirectory);
        fs::remove_file(&scratch.0).unwrap();
        assert!(OsDirectory::open(scratch.0.join("x"), true).is_err(), "the parent is missing");
    }

    #[test]
    fn a_second_lock_is_refused_within_one_process_too() {
        let scratch = Scratch::new("lock");
        let first = OsDirectory::open(&scratch.0, true).unwrap();
        let second = OsDirectory::open(&scratch.0, true).unwrap();
        let held = first.lock("lock").unwrap().expect("nobody else holds it");
        assert!(first.lock("lock").unwrap().is_none());
        assert!(second.lock("lock").unwrap().is_none());
        drop(held);
        assert!(second.lock("lock").unwrap().is_some(), "the file that is left over is no lock");
    }

    #[cfg(unix)]
    #[test]
    fn a_read_only_directory_is_not_locked_but_read() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = Scratch::new("readonly");
        let directory = OsDirectory::open(&scratch.0, true).unwrap();
        directory.create("a").unwrap().append_all(b"x").unwrap();
        fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o555)).unwrap();
        let error = directory.lock("lock").err().unwrap();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!(directory.open("a").unwrap().len().unwrap(), 1);
        fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_no_file_of_the_directory() {
        let scratch = Scratch::new("link");
        let directory = OsDirectory::open(&scratch.0, true).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", scratch.0.join("log")).unwrap();
        assert_eq!(directory.open("log").err().unwrap().kind(), ErrorKind::InvalidInput);
    }
}
