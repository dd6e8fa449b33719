//! Readers judge rows by the words of their group, and take numbers from beside them, while the writer inserts, deletes,
//! updates and uses slots again.

use loom::sync::Arc;
use loom::thread;

use super::*;
use crate::sync::canary;

/// An arena of numbers, and its writer.
struct World {
    arena: Arena,
    writer: Writer,
}

impl World {
    /// Two rows at the first timestamp after the beginning.
    fn new() -> Self {
        let mut world =
            Self { arena: Arena::new(Layout::of::<u64>(0), true), writer: Writer::new() };
        world.insert(10);
        world.insert(11);
        world
    }

    fn insert(&mut self, value: u64) -> u32 {
        let slot = self.arena.reserve(&mut self.writer).expect("there is room");
        let value = (&raw const value).cast();
        // SAFETY: the arena is one of numbers without parents.
        unsafe { self.arena.insert(&mut self.writer, slot, value, &[]) };
        slot
    }
}

/// A reader at the state of two rows counts two by the group's words, whatever the writer does meanwhile.
fn counting(write: fn(&Arena, &mut Writer)) {
    loom::model(move || {
        let World { arena, mut writer } = World::new();
        let arena = Arc::new(arena);
        let at = writer.now();
        writer.advance(at + 1);
        let reader = thread::spawn({
            let arena = arena.clone();
            move || {
                if let Some((live, _)) = arena.group(0).exact(at) {
                    assert_eq!(live.count_ones(), 2, "the words showed the future");
                }
                assert_eq!(arena.count(at), 2, "the words showed the future, or were of no use");
            }
        });
        write(&arena, &mut writer);
        reader.join().unwrap();
    });
}

fn delete_one(arena: &Arena, writer: &mut Writer) {
    arena.delete(writer, 0);
}

#[test]
fn loom_group_words_are_exact_beside_a_delete() {
    counting(delete_one);
}

#[test]
fn loom_group_words_are_exact_beside_a_rolled_back_delete() {
    counting(|arena, writer| {
        arena.delete(writer, 0);
        arena.undo(writer, 0);
    });
}

#[test]
#[should_panic(expected = "the words showed the future")]
fn loom_twin_changed_stored_last() {
    canary::set("ChangedStoredLast");
    counting(delete_one);
}

#[test]
#[should_panic(expected = "the words showed the future")]
fn loom_twin_changed_loaded_first() {
    canary::set("ChangedLoadedFirst");
    counting(delete_one);
}

/// A reader walks a row's chain while the writer supersedes it and moves the newest version inline.
fn chain(settle_under_the_reader: bool) {
    loom::model(move || {
        let World { arena, mut writer } = World::new();
        let arena = Arc::new(arena);
        let old = writer.now();
        writer.advance(old + 1);
        supersede(&arena, &mut writer, 20);
        let at = writer.now();
        writer.advance(at + 1);
        let reader = thread::spawn({
            let arena = arena.clone();
            let at = if settle_under_the_reader { old } else { at };
            move || {
                let record = arena.read(arena.layout(), 0, at).expect("the row is there");
                // SAFETY: a record of this arena, which nobody frees here.
                let value = unsafe { record.cast::<u64>().read() };
                let expected = if at == old { 10 } else { 20 };
                assert_eq!(value, expected, "another version than the view's");
            }
        });
        // Every reader is at `at`: the old version goes, the new one moves inline.
        arena.prune(&mut writer, 0, at);
        arena.settle(&mut writer, 0);
        supersede(&arena, &mut writer, 30);
        reader.join().unwrap();
    });
}

fn supersede(arena: &Arena, writer: &mut Writer, value: u64) {
    // SAFETY: the arena is one of numbers without parents.
    unsafe { arena.supersede(writer, 0, (&raw const value).cast(), &[], true) };
}

#[test]
fn loom_version_moves_inline_beside_a_reader() {
    chain(false);
}

#[test]
#[should_panic(expected = "version")]
fn loom_twin_settled_under_an_older_reader() {
    chain(true);
}

/// A row ends for everyone and its slot is freed while a reader, later than both, has begun to look at it.
fn scan_beside_a_freed_slot() {
    loom::model(|| {
        let World { arena, mut writer } = World::new();
        let arena = Arc::new(arena);
        let deleted = writer.now() + 1;
        writer.advance(deleted);
        arena.delete(&mut writer, 0);
        let at = deleted + 1;
        writer.advance(at);
        arena.prune(&mut writer, 0, deleted);
        writer.advance(at + 1);
        let reader = thread::spawn({
            let arena = arena.clone();
            move || assert!(arena.read(arena.layout(), 0, at).is_none(), "a row that ended")
        });
        arena.free_slot(&mut writer, 0);
        reader.join().unwrap();
    });
}

#[test]
fn loom_slot_is_freed_beside_a_scan() {
    scan_beside_a_freed_slot();
}

#[test]
#[should_panic(expected = "a row that ended")]
fn loom_twin_row_ended_by_its_link() {
    canary::set("EndedByLink");
    scan_beside_a_freed_slot();
}

/// A reader scans while a row goes beyond the last chunk, and beyond what the directory of chunks has room for.
fn scan_beside_growth() {
    loom::model(|| {
        let mut world = World::new();
        // Four chunks of two.
        for value in 12..18 {
            world.insert(value);
        }
        let World { arena, mut writer } = world;
        let arena = Arc::new(arena);
        let at = writer.now();
        writer.advance(at + 1);
        let reader = thread::spawn({
            let arena = arena.clone();
            move || {
                let len = arena.len();
                let layout = arena.layout();
                let rows = (0..len).filter(|slot| arena.read(layout, *slot, at).is_some()).count();
                assert_eq!(rows, 8, "the row of another view");
            }
        });
        let value = 90_u64;
        let slot = arena.reserve(&mut writer).expect("there is room");
        // SAFETY: the arena is one of numbers without parents.
        unsafe { arena.insert(&mut writer, slot, (&raw const value).cast(), &[]) };
        reader.join().unwrap();
    });
}

#[test]
fn loom_chunks_of_rows_grow_beside_a_scan() {
    scan_beside_growth();
}

#[test]
#[should_panic(expected = "a place")]
fn loom_twin_len_stored_relaxed() {
    canary::set("LenRelaxed");
    scan_beside_growth();
}

#[test]
#[should_panic(expected = "Causality violation")]
fn loom_twin_directory_of_chunks_stored_relaxed() {
    canary::set("SlabRelaxed");
    scan_beside_growth();
}

/// A row's slot comes to another row, whose number stands beside it before anyone can see it.
fn number_beside_reuse(publish_first: bool) {
    loom::model(move || {
        let World { arena, mut writer } = World::new();
        arena.set_number(&mut writer, 0, 7);
        end(&arena, &mut writer, 0);
        let (arena, last) = (Arc::new(arena), Arc::new(AtomicU64::new(writer.now() - 1)));
        let reader = thread::spawn({
            let (arena, last) = (arena.clone(), last.clone());
            move || {
                let number = number_at(&arena, last.load(Ordering::Acquire));
                assert!(number == 0 || number == 8, "the number of another row: {number}");
            }
        });
        let value = 12_u64;
        // SAFETY: the arena is one of numbers without parents.
        unsafe { arena.insert(&mut writer, 0, (&raw const value).cast(), &[]) };
        if publish_first {
            last.store(writer.now(), Ordering::Release);
        }
        arena.set_number(&mut writer, 0, 8);
        last.store(writer.now(), Ordering::Release);
        reader.join().unwrap();
    });
}

/// A reader who still sees a row gets its number, whatever becomes of the row meanwhile.
fn number_beside_an_older_reader(reuse_under_the_reader: bool) {
    loom::model(move || {
        let World { arena, mut writer } = World::new();
        arena.set_number(&mut writer, 0, 7);
        let at = writer.now();
        writer.advance(at + 1);
        let arena = Arc::new(arena);
        let reader = thread::spawn({
            let arena = arena.clone();
            move || {
                let number = number_at(&arena, at);
                assert!(number == 0 || number == 7, "the number of another row: {number}");
            }
        });
        if reuse_under_the_reader {
            end(&arena, &mut writer, 0);
            let value = 12_u64;
            // SAFETY: the arena is one of numbers without parents.
            unsafe { arena.insert(&mut writer, 0, (&raw const value).cast(), &[]) };
            arena.set_number(&mut writer, 0, 8);
        } else {
            arena.delete(&mut writer, 0);
        }
        reader.join().unwrap();
    });
}

/// What stands beside slot 0, where the words say that it holds.
fn number_at(arena: &Arena, at: Timestamp) -> u32 {
    let mut told = [0];
    arena.numbers(at).unwrap().replace(&mut told);
    told[0]
}

/// Ends a row and gives its slot back, which takes three timestamps.
fn end(arena: &Arena, writer: &mut Writer, slot: u32) {
    let deleted = writer.now() + 1;
    writer.advance(deleted);
    arena.delete(writer, slot);
    writer.advance(deleted + 1);
    arena.prune(writer, slot, deleted);
    writer.advance(deleted + 2);
    arena.free_slot(writer, slot);
}

#[test]
fn loom_number_is_there_before_its_row_is_seen() {
    number_beside_reuse(false);
}

#[test]
#[should_panic(expected = "the number of another row")]
fn loom_twin_number_stored_after_publishing() {
    number_beside_reuse(true);
}

#[test]
fn loom_number_stands_while_its_row_is_seen() {
    number_beside_an_older_reader(false);
}

#[test]
#[should_panic(expected = "the number of another row")]
fn loom_twin_number_replaced_under_an_older_reader() {
    number_beside_an_older_reader(true);
}
