//! A reader looks ids up while pages come and go.

use loom::sync::Arc;
use loom::thread;

use super::*;
use crate::register::Register;
use crate::sync::canary;
use crate::testing::end_of_work;
use crate::writer::FIRST;

/// A directory in which id 2 has slot 7, alone in its page.
fn world() -> (Directory, Writer) {
    let (directory, mut writer) = (Directory::new(), Writer::new());
    directory.set(&mut writer, 2, 7);
    (directory, writer)
}

/// Row 2 was deleted by the first commit that the reader may miss: its id goes, its page goes with it and is freed, each as
/// soon as the register allows.
fn page_goes() {
    loom::model(|| {
        let (directory, mut writer) = world();
        let shared = Arc::new((directory, Register::after(FIRST)));
        let reader = thread::spawn({
            let shared = shared.clone();
            move || {
                let (directory, register) = &*shared;
                // SAFETY: the register outlives the registration.
                let registration = unsafe { register.register() };
                let slot = directory.get(2);
                if registration.timestamp() == FIRST {
                    assert_eq!(slot, Some(7), "an id that the snapshot sees is gone");
                }
            }
        });
        let (directory, register) = &*shared;
        let deleted = writer.now();
        let horizon = end_of_work(register, &mut writer);
        writer.free(horizon, 8);
        if horizon >= deleted {
            directory.clear(&mut writer, 2);
            let horizon = end_of_work(register, &mut writer);
            writer.free(horizon, 8);
        }
        reader.join().unwrap();
    });
}

#[test]
fn loom_directory_page_goes_beside_a_reader() {
    page_goes();
}

#[test]
#[should_panic(expected = "Causality violation")]
fn loom_twin_page_freed_at_once() {
    canary::set("PageFreedAtOnce");
    page_goes();
}

/// The array of pages doubles while a reader looks up an id that was there before.
fn pages_grow() {
    loom::model(|| {
        let (directory, mut writer) = world();
        let directory = Arc::new(directory);
        let reader = thread::spawn({
            let directory = directory.clone();
            move || assert_eq!(directory.get(2), Some(7), "an id is lost in the growth")
        });
        directory.set(&mut writer, 2 * 5, 8);
        reader.join().unwrap();
    });
}

#[test]
fn loom_directory_grows_beside_a_reader() {
    pages_grow();
}

#[test]
#[should_panic(expected = "Causality violation")]
fn loom_twin_pages_stored_relaxed() {
    canary::set("PagesRelaxed");
    pages_grow();
}
