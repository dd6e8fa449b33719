//! Handles: slot and generation of a row in this open database, as keys of `slotmap`.
//!
//! A handle names a row as long as the database is open, survives updates, and never comes to mean another row: the slot's
//! generation moves on when it is used again. It is 8 bytes, and so is an `Option` of one. As a `slotmap::Key` it hangs
//! tables of the user's own on rows: `SecondaryMap<Handle<User>, Score>`.
//!
//! slotmap's keys have an index and an odd version; ours are the slot and twice the generation plus one.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use bondstone_schema::Model;
use slotmap::{Key, KeyData};

/// The place of a row in its table, for the engine's own walks. It means something only to the sight that named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub(crate) u32);

impl Slot {
    /// The number of the place: for tables of the caller's own, in which each place of a table has an entry.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A row of `M` in this open database.
///
/// ```
/// # use slotmap::Key;
/// # fn assert_key<K: Key>() {}
/// # assert_key::<bondstone_storage::RawHandle>();
/// assert_eq!(size_of::<Option<bondstone_storage::RawHandle>>(), 8);
/// ```
pub struct Handle<M> {
    data: KeyData,
    marker: PhantomData<fn() -> M>,
}

slotmap::new_key_type! {
    /// A row of some table in this open database, without its type.
    pub struct RawHandle;
}

const fn ffi(slot: u32, generation: u32) -> u64 {
    ((generation as u64) << 1 | 1) << 32 | slot as u64
}

impl RawHandle {
    pub(crate) fn new(slot: u32, generation: u32) -> Self {
        Self::from(KeyData::from_ffi(ffi(slot, generation)))
    }
}

impl<M> Handle<M> {
    pub(crate) fn new(slot: u32, generation: u32) -> Self {
        Self { data: KeyData::from_ffi(ffi(slot, generation)), marker: PhantomData }
    }

    /// Slot and generation. Those of the null key are the greatest slot, which no table reaches.
    #[inline(always)]
    pub(crate) fn parts(self) -> (u32, u32) {
        let bits = self.data.as_ffi();
        (bits as u32, (bits >> 33) as u32)
    }

    /// The same row, without its type.
    #[must_use]
    pub fn raw(self) -> RawHandle {
        RawHandle::from(self.data)
    }
}

impl<M> From<KeyData> for Handle<M> {
    fn from(data: KeyData) -> Self {
        Self { data, marker: PhantomData }
    }
}

// SAFETY: `Handle` is a wrapper of `KeyData` as slotmap demands: `data` gives back what `From<KeyData>` was given, copies
// and comparisons are those of the `KeyData`, and nothing else is in it.
unsafe impl<M: Model> Key for Handle<M> {
    fn data(&self) -> KeyData {
        self.data
    }
}

impl<M> Default for Handle<M> {
    /// The null key, which no row has.
    fn default() -> Self {
        KeyData::default().into()
    }
}

impl<M> Clone for Handle<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Handle<M> {}

impl<M> PartialEq for Handle<M> {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl<M> Eq for Handle<M> {}

impl<M> PartialOrd for Handle<M> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<M> Ord for Handle<M> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.data.cmp(&other.data)
    }
}

impl<M> Hash for Handle<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.data.hash(state);
    }
}

impl<M> fmt::Debug for Handle<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({:?})", self.data)
    }
}
