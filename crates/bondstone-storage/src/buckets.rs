//! A non-unique hash index: a posting list for each hash.
//!
//! The hash index leads from a key's hash to the number of a bucket; the bucket's rows are a posting list. A bucket
//! belongs to one 64-bit hash, not to one key: it has no key of its own that a stale row could take along, and rows are
//! compared when they are read. So insert, move and delete cost the same for a key with one row and with a million.

use std::collections::VecDeque;

use crate::chunks::Chunks;
use crate::hash::HashIndex;
use crate::postings::{Iter, Postings};
use crate::sync::{AtomicU64, Ordering, WriterCell, canary};
use crate::writer::{Timestamp, Writer};

/// Rows by the hash of a key that is not unique.
pub(crate) struct Buckets {
    numbers: HashIndex,
    hashes: Chunks<AtomicU64>,
    rows: Postings,
    free: WriterCell<Free>,
}

/// Bucket numbers: those that will be used again, and the next.
#[derive(Default)]
struct Free {
    /// Numbers of removed buckets, and when they were removed: a reader may still be on its way to them.
    waiting: VecDeque<(Timestamp, u32)>,
    next: u32,
}

impl Buckets {
    pub(crate) fn new() -> Self {
        Self {
            numbers: HashIndex::new(),
            hashes: Chunks::new(),
            rows: Postings::new(),
            free: WriterCell::new(Free::default()),
        }
    }

    /// The buckets of these entries of hash and slot, each once, in the order of hashes and then of slots.
    pub(crate) fn of(writer: &mut Writer, entries: &[(u64, u32)]) -> Self {
        let runs = || entries.chunk_by(|left, right| left.0 == right.0);
        let hashes: Vec<u64> = runs().map(|run| run[0].0).collect();
        let numbers =
            HashIndex::of(hashes.iter().enumerate().map(|(number, hash)| (*hash, number as u32)));
        let free = Free { next: hashes.len() as u32, ..Free::default() };
        let buckets = Self { numbers, free: WriterCell::new(free), ..Self::new() };
        for (number, run) in (0..).zip(runs()) {
            buckets.hashes.ensure(writer, number).store(run[0].0, Ordering::Release);
            buckets.rows.give(writer, number, run.iter().map(|entry| entry.1), false);
        }
        buckets
    }

    fn bucket(&self, hash: u64) -> Option<u32> {
        self.numbers.find(hash, |number| {
            let full = self.hashes.get(number)?.load(Ordering::Acquire);
            (full == hash).then_some(number)
        })
    }

    /// The rows whose key may have this hash.
    pub(crate) fn iter(&self, hash: u64) -> Option<Iter<'_>> {
        self.bucket(hash).map(|number| self.rows.iter(number))
    }

    /// Enters a row; false if it is there.
    pub(crate) fn insert(&self, writer: &mut Writer, hash: u64, slot: u32) -> bool {
        let number = self.bucket(hash).unwrap_or_else(|| self.add(writer, hash));
        self.rows.insert(writer, number, slot)
    }

    fn add(&self, writer: &mut Writer, hash: u64) -> u32 {
        // SAFETY: the writer is ours alone, and no other reference into the state is alive.
        let free = unsafe { &mut *self.free.get(writer) };
        let horizon = if canary!(NumberUsedAtOnce) { Timestamp::MAX } else { writer.horizon() };
        let reusable = free.waiting.pop_front_if(|(removed, _)| *removed <= horizon);
        let number = reusable.map_or(free.next, |(_, number)| number);
        free.next = free.next.max(number + 1);
        self.hashes.ensure(writer, number).store(hash, Ordering::Release);
        self.numbers.insert_new(writer, hash, number);
        number
    }

    /// Removes a row; its bucket goes with the last one.
    pub(crate) fn remove(&self, writer: &mut Writer, hash: u64, slot: u32) -> bool {
        let Some(number) = self.bucket(hash) else { return false };
        let removed = self.rows.remove(writer, number, slot);
        if self.rows.is_empty(number) {
            self.rows.clear_owner(writer, number);
            self.numbers.remove(writer, hash, number);
            // SAFETY: the writer is ours alone, and no other reference into the state is alive.
            let free = unsafe { &mut *self.free.get(writer) };
            free.waiting.push_back((writer.now(), number));
        }
        removed
    }

    pub(crate) fn contains(&self, hash: u64, slot: u32) -> bool {
        self.iter(hash).is_some_and(|mut rows| rows.any(|row| row == slot))
    }

    /// Entries in all buckets. To anyone but the writer, as below, it is one of the last numbers.
    pub(crate) fn len(&self) -> usize {
        self.rows.slots()
    }

    /// How many hashes have an entry.
    pub(crate) fn hashes(&self) -> usize {
        self.rows.owners()
    }

    /// How many entries a hash has.
    pub(crate) fn len_of(&self, hash: u64) -> usize {
        self.bucket(hash).map_or(0, |number| self.rows.len(number).0)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.numbers.bytes() + self.hashes.bytes() + self.rows.bytes()
    }

    pub(crate) fn check(&self, writer: &Writer) -> Result<(), String> {
        self.numbers.check(writer)?;
        self.rows.check()?;
        let (buckets, lists) = (self.numbers.len(), self.rows.owners());
        if buckets != lists {
            return Err(format!("{buckets} buckets, {lists} of them have rows"));
        }
        Ok(())
    }
}

#[cfg(all(test, loom))]
mod models;
