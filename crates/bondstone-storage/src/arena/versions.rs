//! The versions of a row, as the writer sees them, and what is left of those that go.

use super::{Arena, DISTURBED, END, INLINE, TOMBSTONE};
use crate::sync::Ordering;
use crate::writer::{Timestamp, Writer};

/// One version of a row, found by walking its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VersionRef {
    pub(super) place: u32,
    /// Has it the same key in every index, and the same parents, as the next older version? So its writer found; and since
    /// neither value ever changes, and a chain loses versions at its ends alone, it stays true as long as both are there.
    pub(crate) agrees: bool,
    pub(super) begin: Timestamp,
    /// The record; null for a tombstone.
    pub(crate) record: *const u8,
}

impl VersionRef {
    pub(crate) const fn is_tombstone(self) -> bool {
        self.record.is_null()
    }

    /// What is left of it once it is unlinked.
    pub(crate) const fn remains(self) -> Remains {
        Remains { place: self.place, record: self.record }
    }
}

/// What is left of a version that is unlinked: a value to be dropped, and a place to be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remains {
    pub(super) place: u32,
    pub(super) record: *const u8,
}

// SAFETY: an address in an arena, of a value that is `Send`; whoever has it still needs the writer to do anything.
unsafe impl Send for Remains {}

impl Remains {
    pub(crate) const NOTHING: Self = Self { place: INLINE, record: std::ptr::null() };

    /// The value; `None` for a tombstone, and where it lives on elsewhere.
    pub(crate) const fn value(self) -> Option<*const u8> {
        if self.record.is_null() { None } else { Some(self.record) }
    }
}

/// The versions of a row, newest first.
pub(crate) struct Versions<'a> {
    pub(super) arena: &'a Arena,
    pub(super) slot: u32,
    pub(super) meta: u64,
    pub(super) next: u32,
}

impl Iterator for Versions<'_> {
    type Item = VersionRef;

    fn next(&mut self) -> Option<VersionRef> {
        let place = self.next;
        match place {
            END => None,
            INLINE => {
                self.next = END;
                Some(VersionRef {
                    place,
                    agrees: false,
                    begin: self.meta & !DISTURBED,
                    record: self.arena.inline_record(self.slot),
                })
            }
            _ => {
                let version = self.arena.version(place);
                self.next = version.prev.load(Ordering::Acquire);
                let begin = version.begin.load(Ordering::Acquire);
                let exists = begin & TOMBSTONE == 0;
                let record =
                    if exists { self.arena.version_record(place) } else { std::ptr::null() };
                let agrees = version.agrees.load(Ordering::Relaxed) != 0;
                Some(VersionRef { place, agrees, begin: begin & !TOMBSTONE, record })
            }
        }
    }
}

impl Arena {
    /// The row's versions, newest first, pending ones included. For the writer.
    pub(crate) fn versions(&self, _: &Writer, slot: u32) -> Versions<'_> {
        let head = self.head(slot);
        let meta = head.meta.load(Ordering::Acquire);
        let next = match meta {
            0 => END,
            meta if meta & DISTURBED == 0 => INLINE,
            _ => head.link.load(Ordering::Acquire),
        };
        Versions { arena: self, slot, meta, next }
    }

    /// The newest version, pending ones included, if the row exists. For the writer.
    pub(crate) fn newest(&self, writer: &Writer, slot: u32) -> Option<*const u8> {
        self.versions(writer, slot)
            .next()
            .filter(|newest| !newest.is_tombstone())
            .map(|newest| newest.record)
    }
}

/// What [`Arena::undo`] took off.
pub(crate) struct Undone {
    pub(super) place: u32,
    /// The record that was taken off (uninitialised for a tombstone).
    pub(crate) record: *const u8,
    /// Was it a version, and not a tombstone?
    pub(crate) existed: bool,
    /// Did it [agree](VersionRef::agrees) with the version that is the newest now?
    pub(crate) agreed: bool,
}

impl Undone {
    /// Was it the row's first version, so that the slot is vacant now?
    pub(crate) const fn was_first(&self) -> bool {
        self.place == INLINE
    }

    /// What is to be freed.
    pub(crate) const fn remains(&self) -> Remains {
        let record = if self.existed { self.record } else { std::ptr::null() };
        Remains { place: self.place, record }
    }
}

/// What [`Arena::prune`] unlinked.
pub(crate) struct Pruned<'a> {
    pub(super) visible: VersionRef,
    pub(super) older: Versions<'a>,
    /// Nothing is left of the row.
    pub(crate) over: bool,
    /// No version is newer than the one that the horizon sees.
    pub(super) single: bool,
}

impl<'a> Pruned<'a> {
    /// The version that stays, which the horizon sees.
    pub(crate) fn kept(&self) -> Option<VersionRef> {
        (!self.over).then_some(self.visible)
    }

    /// Is the version that stays the only one?
    pub(crate) const fn is_single(&self) -> bool {
        self.single && !self.over
    }

    /// The versions that were unlinked, newest first: as a rule one, or a tombstone and the one below.
    pub(crate) fn cut(self) -> impl Iterator<Item = VersionRef> + use<'a> {
        self.over.then_some(self.visible).into_iter().chain(self.older)
    }
}
