//! The structural check: everything derived from the rows, compared with the rows.

use super::{Entries, Keys, Table, Tables};
use crate::writer::{Timestamp, Writer};

/// What a check of one table found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) faults: Vec<String>,
}

impl Table {
    /// Compares indexes, relation maps, counts and words with the rows.
    ///
    /// `at_rest`: nothing waits for old snapshots, so that there must be no entry too many either.
    pub(crate) fn check(
        &self,
        tables: &Tables,
        writer: &Writer,
        at_rest: bool,
        findings: &mut Findings,
    ) {
        let mut rows = 0;
        let mut parents = vec![0; self.foreign_keys.len()];
        let mut entries = vec![0; self.indexes.len()];
        for slot in 0..self.arena.len() {
            let newest = self.arena.newest(writer, slot);
            self.check_words(writer, slot, newest.is_some(), findings);
            let Some(record) = newest else { continue };
            rows += 1;
            self.check_key(tables, slot, record, findings);
            self.check_entries(tables, slot, record, &mut entries, findings);
            self.check_parents(tables, writer, slot, record, &mut parents, findings);
        }
        self.check_structures(writer, findings);
        for count in [self.arena.count(writer.now()), self.arena.rows()] {
            if count != rows {
                findings.report(self, format!("{rows} rows exist, but {count} are counted"));
            }
        }
        if at_rest {
            self.check_rest(writer, rows, &entries, &parents, findings);
        }
    }

    fn check_words(&self, writer: &Writer, slot: u32, exists: bool, findings: &mut Findings) {
        let (live, plain) = self.arena.group(slot).claims(slot);
        if live != exists {
            findings.report(self, format!("slot {slot} exists: {exists}, its group says {live}"));
        }
        let undisturbed = self.arena.is_plain(writer, slot);
        if plain != undisturbed {
            findings.report(
                self,
                format!("slot {slot} is plain: {undisturbed}, its group says {plain}"),
            );
        }
    }

    fn check_key(&self, tables: &Tables, slot: u32, record: *const u8, findings: &mut Findings) {
        let found = match &self.keys {
            Keys::Directory(directory) => {
                // SAFETY: the newest version of a row of this table.
                let number = unsafe { self.kind.number(record) };
                self.check_number(slot, number, findings);
                directory.get(number)
            }
            Keys::Hashed(index) => {
                // SAFETY: as above.
                let hash = unsafe { self.kind.key_hash(record, &tables.hashing) };
                index.find(hash, |found| (found == slot).then_some(found))
            }
        };
        if found != Some(slot) {
            findings.report(self, format!("the key of slot {slot} leads to {found:?}"));
        }
    }

    /// The number beside the row, where it is believed, is the row's.
    fn check_number(&self, slot: u32, number: u64, findings: &mut Findings) {
        let Some(numbers) = self.arena.numbers(Timestamp::MAX) else { return };
        let mut told = [slot];
        numbers.replace(&mut told);
        let [told] = told;
        if told != 0 && u64::from(told) != number {
            findings.report(self, format!("slot {slot} holds number {number}, not {told}"));
        }
    }

    fn check_entries(
        &self,
        tables: &Tables,
        slot: u32,
        record: *const u8,
        counts: &mut [usize],
        findings: &mut Findings,
    ) {
        for (place, index) in self.indexes.iter().enumerate() {
            // SAFETY: the newest version of a row of this table.
            let entry = unsafe { self.entry(&tables.hashing, place, record) };
            counts[place] += usize::from(!matches!(entry, super::prepare::Entry::None));
            if !index.contains(&entry, slot) {
                findings.report(
                    self,
                    format!("index `{}` has no entry for slot {slot}", index.shape.name),
                );
            }
        }
    }

    fn check_parents(
        &self,
        tables: &Tables,
        writer: &Writer,
        slot: u32,
        record: *const u8,
        counts: &mut [usize],
        findings: &mut Findings,
    ) {
        for (place, key) in self.foreign_keys.iter().enumerate() {
            // SAFETY: the newest version of a row of this table.
            let parent = unsafe { self.arena.layout().parent(record, place) };
            if parent == super::prepare::NO_PARENT {
                continue;
            }
            counts[place] += 1;
            let table = tables.get(key.parent);
            let row = table.and_then(|table| table.row(writer, parent).map(|row| (table, row)));
            let refers = row.is_some_and(|(table, row)| {
                // SAFETY: `row` is the newest version of a row of `table`, `record` of ours.
                unsafe { self.kind.refers(place, record, table.kind.any(row)) }
            });
            if !refers {
                findings.report(
                    self,
                    format!("slot {slot} refers to slot {parent}, which is not its parent"),
                );
            }
            if !key.children.iter(parent).any(|child| child == slot) {
                findings.report(
                    self,
                    format!("slot {slot} is not among the children of slot {parent}"),
                );
            }
        }
    }

    fn check_structures(&self, writer: &Writer, findings: &mut Findings) {
        if let Keys::Hashed(index) = &self.keys {
            findings.note(self, "primary key", index.check(writer));
        }
        for index in &self.indexes {
            let result = match &index.entries {
                Entries::Unique(entries) => entries.check(writer),
                Entries::Hash(buckets) => buckets.check(writer),
                Entries::Ordered(entries) => entries.check(),
            };
            findings.note(self, index.shape.name, result);
        }
        for key in &self.foreign_keys {
            findings.note(self, "relation map", key.children.check());
        }
    }

    /// With nothing waiting, every structure has exactly the entries of the rows.
    fn check_rest(
        &self,
        writer: &Writer,
        rows: usize,
        entries: &[usize],
        parents: &[usize],
        findings: &mut Findings,
    ) {
        let keys = match &self.keys {
            Keys::Directory(directory) => {
                if let Err(fault) = directory.check(writer) {
                    findings.faults.push(format!("{}: sparse keys: {fault}", self.name));
                }
                let mut keys = 0;
                directory.for_each(|_, _| keys += 1);
                keys
            }
            Keys::Hashed(index) => index.len(),
        };
        findings.compare(self, "primary key", rows, keys);
        for (index, expected) in self.indexes.iter().zip(entries) {
            let found = match &index.entries {
                Entries::Unique(entries) => entries.len(),
                Entries::Hash(buckets) => buckets.len(),
                Entries::Ordered(entries) => entries.len(),
            };
            findings.compare(self, index.shape.name, *expected, found);
        }
        for (key, expected) in self.foreign_keys.iter().zip(parents) {
            findings.compare(self, "relation map", *expected, key.children.slots());
        }
        let free = self.arena.free_places(writer);
        let slots = self.arena.len() as usize;
        findings.compare(self, "free slots", slots - rows, free.slots + free.retired);
        // Rows that may not be moved stay where they were written.
        let is_fixed = !self.arena.layout().is_movable();
        let outside =
            (0..self.arena.len()).filter(|slot| is_fixed && self.arena.is_outside(writer, *slot));
        findings.compare(
            self,
            "free versions",
            free.versions_used,
            free.versions + outside.count(),
        );
    }
}

impl Findings {
    fn report(&mut self, table: &Table, fault: String) {
        self.faults.push(format!("{}: {fault}", table.name));
    }

    fn note(&mut self, table: &Table, what: &str, result: Result<(), String>) {
        if let Err(fault) = result {
            self.report(table, format!("{what}: {fault}"));
        }
    }

    fn compare(&mut self, table: &Table, what: &str, expected: usize, found: usize) {
        if expected != found {
            self.report(table, format!("{what}: {expected} expected at rest, {found} found"));
        }
    }
}
