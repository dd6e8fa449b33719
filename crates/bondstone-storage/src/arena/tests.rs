//! Slots and versions, without readers.

use super::*;

/// Inserts a number into the slot that is named for it.
fn insert(arena: &Arena, writer: &mut Writer, value: u64) -> u32 {
    let slot = arena.reserve(writer).unwrap();
    // SAFETY: the arena is one of numbers without parents.
    unsafe { arena.insert(writer, slot, (&raw const value).cast(), &[]) };
    slot
}

#[test]
fn an_abandoned_slot_is_never_named_again() {
    let (arena, mut writer) = (Arena::new(Layout::of::<u64>(0), false), Writer::new());
    let first = insert(&arena, &mut writer, 1);
    let fresh = arena.reserve(&mut writer).unwrap();
    assert_eq!(arena.reserve(&mut writer), Some(fresh), "named, not taken");
    arena.abandon(&mut writer, fresh);
    assert!(arena.read(arena.layout(), fresh, writer.now()).is_none(), "nothing is there");
    let second = insert(&arena, &mut writer, 2);
    assert!(second > fresh);
    // One that was used before.
    arena.undo(&mut writer, first);
    arena.free_slot(&mut writer, first);
    assert_eq!(arena.reserve(&mut writer), Some(first));
    arena.abandon(&mut writer, first);
    assert!(insert(&arena, &mut writer, 3) > second);
    assert_eq!(arena.count(writer.now()), 2);
}

#[test]
fn a_version_tells_whether_it_agrees_with_the_one_before() {
    let (arena, mut writer) = (Arena::new(Layout::of::<u64>(0), false), Writer::new());
    let slot = insert(&arena, &mut writer, 1);
    for (value, agrees) in [(2_u64, true), (3, false), (4, true)] {
        writer.advance(writer.now() + 1);
        // SAFETY: as in `insert`.
        unsafe { arena.supersede(&mut writer, slot, (&raw const value).cast(), &[], agrees) };
    }
    let agree: Vec<bool> = arena.versions(&writer, slot).map(|version| version.agrees).collect();
    assert_eq!(agree, [true, false, true, false]);
    let horizon = writer.now() - 1;
    let pruned = arena.prune(&mut writer, slot, horizon).unwrap();
    assert!(!pruned.is_single() && pruned.kept().is_some_and(|kept| !kept.agrees));
    assert_eq!(pruned.cut().count(), 2);
    assert_eq!(arena.only_since(&writer, slot), None);
    let horizon = writer.now();
    assert!(arena.prune(&mut writer, slot, horizon).is_some_and(|pruned| pruned.is_single()));
    assert_eq!(arena.only_since(&writer, slot), Some(horizon));
}

#[test]
fn numbers_are_told_of_rows_that_are_plain_to_see_and_of_no_others() {
    let (arena, mut writer) = (Arena::new(Layout::of::<u64>(0), true), Writer::new());
    for number in [70, 71, 72, u64::MAX] {
        let slot = insert(&arena, &mut writer, number);
        arena.set_number(&mut writer, slot, number);
    }
    let told = |at| {
        let mut slots = [3, 1, 0, 2];
        arena.numbers(at).expect("the arena has numbers").replace(&mut slots);
        slots
    };
    let inserted = writer.now();
    assert_eq!(told(inserted), [0, 71, 70, 72], "one is too large");
    assert_eq!(told(inserted - 1), [0; 4], "before they were there");

    writer.advance(inserted + 1);
    let value = 8_u64;
    // SAFETY: as in `insert`.
    unsafe { arena.supersede(&mut writer, 1, (&raw const value).cast(), &[], true) };
    assert_eq!(told(inserted)[1], 0, "a disturbed row is to be read");
    assert!(Arena::new(Layout::of::<u64>(0), false).numbers(inserted).is_none());
}
