//! Ids beyond the pages: sparse, so each has an entry of its own, found by hash. A tree keeps them in order beside.
//!
//! Places of entries are used again at once. An entry goes when its row has been over for every snapshot; whoever comes to
//! its place by the old id after that reads, at worst, the slot of a row that is later than his state, and sees nothing
//! there.

use std::ops::Bound;

use bondstone_schema::Hashing;

use crate::chunks::Chunks;
use crate::hash::HashIndex;
use crate::sync::{AtomicU32, AtomicU64, Ordering, WriterCell};
use crate::tree::{Range, Tree};
use crate::writer::Writer;

/// From sparse ids to slots.
pub(super) struct Far {
    hashing: Hashing,
    /// From an id's hash to the place of its entry.
    places: HashIndex,
    entries: Chunks<Entry>,
    free: WriterCell<Free>,
    order: Tree<u64>,
}

/// An id, 0 for none, and its slot, which is stored before it.
#[derive(Default)]
struct Entry {
    id: AtomicU64,
    slot: AtomicU32,
}

/// Places without an entry, and the next that was never used.
#[derive(Default)]
struct Free {
    places: Vec<u32>,
    next: u32,
}

impl Far {
    pub(super) fn new() -> Self {
        Self {
            hashing: Hashing::default(),
            places: HashIndex::new(),
            entries: Chunks::new(),
            free: WriterCell::new(Free::default()),
            order: Tree::new(),
        }
    }

    /// The slot of an id, as a hint.
    pub(super) fn get(&self, id: u64) -> Option<u32> {
        let (_, entry) = self.find(id)?;
        Some(entry.slot.load(Ordering::Relaxed))
    }

    fn find(&self, id: u64) -> Option<(u32, &Entry)> {
        self.places.find(self.hashing.hash(&id), |place| {
            let entry = self.entries.get(place)?;
            (entry.id.load(Ordering::Acquire) == id).then_some((place, entry))
        })
    }

    /// Makes the entry of an id.
    pub(super) fn set(&self, writer: &mut Writer, id: u64, slot: u32) {
        if let Some((_, entry)) = self.find(id) {
            // An id has one slot for life: this one.
            debug_assert_eq!(entry.slot.load(Ordering::Relaxed), slot);
            return;
        }
        // SAFETY: the writer is ours alone, and no other reference into the state is alive.
        let free = unsafe { &mut *self.free.get(writer) };
        let place = free.places.pop().unwrap_or(free.next);
        free.next = free.next.max(place + 1);
        let entry = self.entries.ensure(writer, place);
        entry.slot.store(slot, Ordering::Relaxed);
        entry.id.store(id, Ordering::Release);
        self.places.insert(writer, self.hashing.hash(&id), place);
        self.order.insert(writer, id, slot);
    }

    /// Clears the entry of an id.
    pub(super) fn clear(&self, writer: &mut Writer, id: u64) {
        let Some((place, entry)) = self.find(id) else { return };
        self.places.remove(writer, self.hashing.hash(&id), place);
        self.order.remove(writer, id, entry.slot.load(Ordering::Relaxed));
        entry.id.store(0, Ordering::Relaxed);
        // SAFETY: as in `set`.
        let free = unsafe { &mut *self.free.get(writer) };
        free.places.push(place);
    }

    /// Calls `visit` with each id and its slot.
    pub(super) fn for_each(&self, mut visit: impl FnMut(u64, u32)) {
        self.places.for_each(|_, place| {
            if let Some(entry) = self.entries.get(place) {
                visit(entry.id.load(Ordering::Acquire), entry.slot.load(Ordering::Relaxed));
            }
        });
    }

    /// Bytes of memory held.
    pub(super) fn bytes(&self) -> usize {
        self.places.bytes() + self.entries.bytes() + self.order.bytes()
    }

    /// Compares the index and the order with the entries.
    pub(super) fn check(&self, writer: &Writer) -> Result<(), String> {
        self.places.check(writer)?;
        self.order.check()?;
        let (found, ordered) = (self.places.len(), self.order.len());
        if found != ordered {
            return Err(format!("{found} ids are found, {ordered} stand in order"));
        }
        Ok(())
    }

    /// The slots of ids between two bounds, in order or against it, as hints.
    pub(super) fn in_order(
        &self,
        low: Bound<u64>,
        high: Bound<u64>,
        descending: bool,
    ) -> Range<'_, u64> {
        if descending { self.order.range_rev(low, high) } else { self.order.range(low, high) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn thousands_of_sparse_ids_come_and_go() {
        let (far, mut writer) = (Far::new(), Writer::new());
        let id = |number: u64| (1 << 33) + number * 1_000_003;
        for round in 0..3 {
            for number in 0..5_000 {
                far.set(&mut writer, id(number + round), number as u32);
            }
            far.check(&writer).unwrap();
            assert_eq!(far.get(id(round)), Some(0));
            assert_eq!(far.get(id(round) + 1), None);
            let mut found = 0;
            far.for_each(|id_met, slot| {
                assert_eq!(id_met, id(u64::from(slot) + round));
                found += 1;
            });
            assert_eq!(found, 5_000);
            (0..5_000).for_each(|number| far.clear(&mut writer, id(number + round)));
            assert_eq!(far.get(id(round)), None);
        }
        // SAFETY: the writer is the only one.
        let used = unsafe { (*far.free.get(&writer)).next };
        assert_eq!(used, 5_000, "places are used again");
    }
}
