//! A snapshot is taken and dropped while the writer publishes, scans and frees.

use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::thread;

use super::*;
use crate::sync::canary;
use crate::writer::FIRST;

/// What a reader at `FIRST` needs: 1 as long as it may look, 0 once the writer has freed it.
fn freeing(read: fn(&Register, &AtomicU64)) {
    loom::model(move || {
        let register = Arc::new(Register::after(FIRST));
        let needed = Arc::new(AtomicU64::new(1));
        let reader = thread::spawn({
            let (register, needed) = (register.clone(), needed.clone());
            move || read(&register, &needed)
        });
        register.publish(FIRST + 1);
        if register.horizon(FIRST) > FIRST {
            needed.store(0, Ordering::Relaxed);
        }
        reader.join().unwrap();
    });
}

/// A snapshot of the first commit finds what it needs.
fn take(register: &Register, needed: &AtomicU64) {
    // SAFETY: the register outlives the registration.
    let registration = unsafe { register.register() };
    if registration.timestamp() == FIRST {
        assert_eq!(needed.load(Ordering::Relaxed), 1, "freed under a snapshot");
    }
}

/// So does its clone, after the original has gone. (The original is in the second place, so that a clone in a place of its
/// own would be in the first, which a scan reads before.)
fn take_and_clone(register: &Register, needed: &AtomicU64) {
    // SAFETY: the register outlives the registrations.
    let (first, registration) = unsafe { (register.register(), register.register()) };
    drop(first);
    let clone = registration.clone();
    drop(registration);
    if clone.timestamp() == FIRST {
        assert_eq!(needed.load(Ordering::Relaxed), 1, "freed under a clone");
    }
}

#[test]
fn loom_register_horizon_never_passes_a_snapshot() {
    freeing(take);
}

#[test]
#[should_panic(expected = "freed under a snapshot")]
fn loom_twin_place_counted_after_the_fence() {
    canary::set("ClaimedTooLate");
    freeing(take);
}

#[test]
fn loom_register_clone_keeps_the_place() {
    freeing(take_and_clone);
}

#[test]
#[should_panic(expected = "freed under a snapshot")]
fn loom_twin_reader_fence_missing() {
    canary::set("ReaderFenceMissing");
    freeing(take);
}

#[test]
#[should_panic(expected = "freed under a snapshot")]
fn loom_twin_writer_fence_missing() {
    canary::set("WriterFenceMissing");
    freeing(take);
}

#[test]
#[should_panic(expected = "freed under a snapshot")]
fn loom_twin_place_not_pinned() {
    canary::set("PlaceNotPinned");
    freeing(take);
}

#[test]
#[should_panic(expected = "freed under a clone")]
fn loom_twin_clone_takes_a_place_of_its_own() {
    canary::set("CloneTakesPlace");
    freeing(take_and_clone);
}

/// Another thread than the one that scans publishes what the writer has done.
fn published_meanwhile() {
    loom::model(|| {
        let register = Arc::new(Register::after(FIRST));
        let needed = Arc::new(AtomicU64::new(1));
        let reader = thread::spawn({
            let (register, needed) = (register.clone(), needed.clone());
            move || take(&register, &needed)
        });
        let publisher = thread::spawn({
            let register = register.clone();
            move || register.publish(FIRST + 1)
        });
        if register.horizon(FIRST) > FIRST {
            needed.store(0, Ordering::Relaxed);
        }
        reader.join().unwrap();
        publisher.join().unwrap();
    });
}

#[test]
fn loom_register_horizon_beside_a_publisher() {
    published_meanwhile();
}

#[test]
#[should_panic(expected = "freed under a snapshot")]
fn loom_twin_last_read_behind_the_fence() {
    canary::set("LastReadBehindTheFence");
    published_meanwhile();
}

/// What the writer has unlinked without a commit is freed as soon as nobody reads: 0 is the old piece, 1 the new one.
fn idleness() {
    loom::model(|| {
        let register = Arc::new(Register::after(FIRST));
        let link = Arc::new(AtomicU64::new(0));
        let pieces = Arc::new([AtomicU64::new(1), AtomicU64::new(1)]);
        let reader = thread::spawn({
            let (register, link, pieces) = (register.clone(), link.clone(), pieces.clone());
            move || {
                // SAFETY: the register outlives the registration.
                let registration = unsafe { register.register() };
                let piece = &pieces[link.load(Ordering::Acquire) as usize];
                assert_eq!(piece.load(Ordering::Relaxed), 1, "freed under a reader");
                drop(registration);
            }
        });
        link.store(1, Ordering::Release);
        if register.is_idle() {
            pieces[0].store(0, Ordering::Relaxed);
        }
        reader.join().unwrap();
    });
}

#[test]
fn loom_register_nobody_looks_at_what_is_freed_while_it_is_idle() {
    idleness();
}

#[test]
#[should_panic(expected = "freed under a reader")]
fn loom_twin_idle_fence_missing() {
    canary::set("IdleFenceMissing");
    idleness();
}

#[test]
#[should_panic(expected = "freed under a reader")]
fn loom_twin_pinned_is_idle() {
    canary::set("PinnedIsIdle");
    idleness();
}

/// What a commit wrote is there for whoever sees the commit.
fn publication() {
    loom::model(|| {
        let register = Arc::new(Register::after(FIRST));
        let written = Arc::new(AtomicU64::new(0));
        let reader = thread::spawn({
            let (register, written) = (register.clone(), written.clone());
            move || {
                // SAFETY: the register outlives the registration.
                let registration = unsafe { register.register() };
                if registration.timestamp() > FIRST {
                    assert_eq!(written.load(Ordering::Relaxed), 1, "published before written");
                }
            }
        });
        written.store(1, Ordering::Relaxed);
        register.publish(FIRST + 1);
        reader.join().unwrap();
    });
}

#[test]
fn loom_register_publishes_what_was_written() {
    publication();
}

#[test]
#[should_panic(expected = "published before written")]
fn loom_twin_publish_relaxed() {
    canary::set("PublishRelaxed");
    publication();
}

/// What a reader did under its snapshot happens before whatever the writer does once it sees the place free.
fn dropping() {
    loom::model(|| {
        let register = Arc::new(Register::after(FIRST));
        let reads = Arc::new(AtomicU64::new(0));
        let reader = thread::spawn({
            let (register, reads) = (register.clone(), reads.clone());
            move || {
                // SAFETY: the register outlives the registration.
                let registration = unsafe { register.register() };
                if registration.timestamp() == FIRST {
                    reads.store(1, Ordering::Relaxed);
                    drop(registration);
                    return true;
                }
                false
            }
        });
        let mut seen = None;
        register.publish(FIRST + 1);
        if register.oldest_snapshot().is_none() && register.horizon(FIRST) > FIRST {
            seen = Some(reads.load(Ordering::Relaxed));
        }
        let was_first = reader.join().unwrap();
        // If the writer found the place free after the snapshot, it has seen the reader's work; finding it free before is
        // fine too, but then the reader was not at the first commit any more.
        if was_first && let Some(seen) = seen {
            assert_eq!(seen, 1, "the place was free, the reads were not over");
        }
    });
}

#[test]
fn loom_register_drop_hands_over_the_reads() {
    dropping();
}

#[test]
#[should_panic(expected = "the reads were not over")]
fn loom_twin_drop_relaxed() {
    canary::set("DropRelaxed");
    dropping();
}

/// Two threads each take a place at once; the first may give its place back before the second has one. Then the second's
/// snapshot stands in the register, wherever it is.
fn taken_at_once(occupied: usize, first_keeps: bool) {
    loom::model(move || {
        let register = Arc::new(Register::after(FIRST));
        // SAFETY: the register outlives the registrations.
        let occupied: Vec<_> = (0..occupied).map(|_| unsafe { register.register() }).collect();
        let take = |register: Arc<Register>| {
            // SAFETY: as above.
            move || unsafe { register.register() }
        };
        let second = thread::spawn(take(register.clone()));
        let first = take(register.clone())();
        let kept = first_keeps.then_some(first);
        let second = second.join().unwrap();
        drop(occupied);
        register.publish(FIRST + 1);
        assert_eq!(register.horizon(FIRST), FIRST, "the scan passed a snapshot");
        drop(kept);
        assert_eq!(register.horizon(FIRST), FIRST, "the scan passed a snapshot");
        drop(second);
        assert_eq!(register.horizon(FIRST), FIRST + 1, "a place was lost");
    });
}

#[test]
fn loom_register_links_one_block() {
    // Both places of the first block are taken.
    taken_at_once(2, true);
}

#[test]
#[should_panic(expected = "the scan passed a snapshot")]
fn loom_twin_block_linked_blindly() {
    canary::set("BlockLinkedBlindly");
    taken_at_once(2, true);
}

#[test]
fn loom_register_place_is_used_again() {
    taken_at_once(0, false);
}

#[test]
#[should_panic(expected = "the scan passed a snapshot")]
fn loom_twin_place_taken_blindly() {
    canary::set("PlaceTakenBlindly");
    taken_at_once(0, false);
}
