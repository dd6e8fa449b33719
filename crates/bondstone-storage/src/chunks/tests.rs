//! Chunks beside a plain vector, and beside readers.

use std::sync::atomic::AtomicBool;
use std::thread;

use super::*;
use crate::sync::AtomicU64;

#[test]
fn an_item_begins_as_its_default_and_keeps_its_address() {
    let mut writer = Writer::new();
    let chunks = Chunks::<AtomicU64>::new();
    assert!(chunks.get(0).is_none());
    let last = (CHUNK * 37) as u32;
    let first = ptr::from_ref(chunks.ensure(&mut writer, 0));
    assert!(chunks.get(CHUNK as u32).is_none());
    for index in 0..=last {
        chunks.ensure(&mut writer, index).store(u64::from(index), Ordering::Relaxed);
    }
    assert_eq!(first, ptr::from_ref(chunks.get(0).unwrap()));
    for index in 0..=last {
        assert_eq!(chunks.get(index).unwrap().load(Ordering::Relaxed), u64::from(index));
    }
    assert_eq!(chunks.get(CHUNK as u32 * 38 - 1).unwrap().load(Ordering::Relaxed), 0);
    assert!(chunks.get(CHUNK as u32 * 38).is_none());
    assert!(chunks.get(u32::MAX).is_none());
    assert!(chunks.bytes() >= CHUNK * 38 * 8);
}

#[test]
fn chunks_are_walked_in_order() {
    let mut writer = Writer::new();
    let chunks = Chunks::<AtomicU64>::new();
    chunks.ensure(&mut writer, CHUNK as u32 * 2);
    let walked: Vec<_> =
        chunks.iter().map(|(first, items)| (first as usize, items.len())).collect();
    assert_eq!(walked, [(0, CHUNK), (CHUNK, CHUNK), (2 * CHUNK, CHUNK)]);
}

#[test]
fn items_that_own_memory_are_dropped() {
    let mut writer = Writer::new();
    let witness = std::sync::Arc::new(());
    let chunks = Chunks::<std::sync::Mutex<Option<std::sync::Arc<()>>>>::new();
    for index in 0..3 {
        *chunks.ensure(&mut writer, index * CHUNK as u32).lock().unwrap() = Some(witness.clone());
    }
    drop(chunks);
    assert_eq!(std::sync::Arc::strong_count(&witness), 1);
}

#[test]
fn readers_keep_their_items_while_the_directory_grows() {
    let mut writer = Writer::new();
    let chunks = Chunks::<AtomicU64>::new();
    let done = AtomicBool::new(false);
    let total = if cfg!(miri) { 8 * CHUNK } else { 200 * CHUNK } as u32;
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut seen = 0;
            while !done.load(std::sync::atomic::Ordering::Acquire) {
                while let Some(item) = chunks.get(seen) {
                    assert!(item.load(Ordering::Relaxed) <= 1);
                    seen += CHUNK as u32 / 2;
                }
                thread::yield_now();
            }
        });
        for index in 0..total {
            chunks.ensure(&mut writer, index).store(1, Ordering::Relaxed);
        }
        done.store(true, std::sync::atomic::Ordering::Release);
    });
}
