//! A reader asks for items while chunks are added and the directory is replaced.

use loom::sync::Arc;
use loom::thread;

use super::*;
use crate::sync::{AtomicU64, canary};

fn growth() {
    loom::model(|| {
        let chunks = Arc::new(Chunks::<AtomicU64>::new());
        let mut writer = Writer::new();
        chunks.ensure(&mut writer, 0).store(7, Ordering::Relaxed);
        let reader = thread::spawn({
            let chunks = chunks.clone();
            move || {
                let newest = chunks.get(4).map(|item| item.load(Ordering::Relaxed));
                assert!(matches!(newest, None | Some(0)));
                assert_eq!(chunks.get(0).unwrap().load(Ordering::Relaxed), 7);
            }
        });
        chunks.ensure(&mut writer, 4);
        reader.join().unwrap();
    });
}

#[test]
fn loom_chunks_grow_beside_a_reader() {
    growth();
}

#[test]
#[should_panic]
fn loom_twin_length_published_too_early() {
    canary::set("ChunksRelaxed");
    growth();
}
