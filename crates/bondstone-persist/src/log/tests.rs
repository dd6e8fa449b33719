use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::frame::{self, Head, Kind};
use crate::vfs::sim::{Fault, Fill, Image, SimDisk, Times};

const SMALL: Settings = Settings { segment_bytes: 300, buffer_bytes: 64 };

type Commits = Vec<(u64, u64, Vec<u8>)>;

fn origin() -> Origin {
    Origin { database: 77, schema: b"schema".to_vec(), position: Position::default() }
}

fn create(disk: &SimDisk) -> LogWriter {
    LogWriter::create(Arc::new(disk.clone()), origin(), SMALL).unwrap()
}

fn read(disk: &SimDisk, from: u64) -> Result<(Commits, LogEnd)> {
    let mut reader = LogReader::open(Arc::new(disk.clone()), from)?;
    let mut commits = Vec::new();
    while let Some(frame) = reader.next()? {
        commits.push((frame.sequence, frame.version, frame.payload.to_vec()));
    }
    Ok((commits, reader.finish()?))
}

/// Goes on with a log as a database does when it is opened.
fn reopen(disk: &SimDisk) -> LogWriter {
    let (_, end) = read(disk, 1).unwrap();
    end.settle(disk).unwrap();
    let origin = Origin { position: end.position, ..origin() };
    LogWriter::create(Arc::new(disk.clone()), origin, SMALL).unwrap()
}

fn commit(number: u64) -> (u64, u64, Vec<u8>) {
    (number, number * 2, format!("commit {number} {}", "x".repeat(number as usize)).into_bytes())
}

fn commits(numbers: impl IntoIterator<Item = u64>) -> Commits {
    numbers.into_iter().map(commit).collect()
}

fn append(log: &mut LogWriter, number: u64, flush: Flush) -> Result<u64> {
    let (_, version, payload) = commit(number);
    log.append(version, &payload, flush)
}

/// Twelve commits in several segments, the last three unsynced; sealed or not.
fn sample(sealed: bool) -> SimDisk {
    let disk = SimDisk::new(3);
    let mut log = create(&disk);
    for number in 1..=12 {
        append(&mut log, number, Flush::Buffered).unwrap();
        if number % 3 == 0 && number < 12 {
            log.sync().unwrap();
        }
    }
    if sealed {
        log.seal().unwrap();
    }
    assert!(disk.names().len() >= 3);
    disk.copy()
}

/// Damages must never give anything but a prefix, and no prefix shorter than what is known to be synced.
fn check_prefix(disk: &SimDisk, least: u64, context: impl std::fmt::Display) -> bool {
    match read(disk, 1) {
        Ok((found, end)) => {
            assert_eq!(found, commits(1..=found.len() as u64), "{context}");
            assert!(found.len() as u64 >= least, "{context}: {} of {least}", found.len());
            assert_eq!(end.position.sequence, found.len() as u64);
            found.len() == 12 && end.cut.is_none()
        }
        Err(Error::Corrupt { .. } | Error::Gap { .. } | Error::Foreign { .. }) => false,
        Err(Error::NewerFormat { .. }) => false,
        Err(error) => panic!("{context}: {error}"),
    }
}

#[test]
fn what_was_written_is_read_from_anywhere_on() {
    for sealed in [false, true] {
        let disk = sample(sealed);
        for from in 0..=13 {
            let (found, end) = read(&disk, from).unwrap();
            assert_eq!(found, commits(from.max(1)..=12));
            assert_eq!((end.sealed, end.cut, end.position.sequence), (sealed, None, 12));
            assert_eq!(end.header.unwrap().schema, b"schema");
        }
    }
    let (found, end) = read(&SimDisk::new(1), 5).unwrap();
    assert!(found.is_empty() && end.header.is_none() && end.position.sequence == 4);
}

#[test]
fn each_open_begins_a_segment_and_goes_on() {
    let disk = SimDisk::new(3);
    let mut number = 0;
    for round in 0..6 {
        let mut log = if round == 0 { create(&disk) } else { reopen(&disk) };
        for _ in 0..round {
            number += 1;
            append(&mut log, number, Flush::Memory).unwrap();
        }
        if round % 2 == 0 { log.seal().unwrap() } else { log.write_out().unwrap() }
    }
    assert_eq!(read(&disk, 1).unwrap().0, commits(1..=15));
    assert!(disk.names().iter().all(|name| !name.ends_with(".new")));
}

#[test]
fn a_log_that_is_opened_in_vain_any_number_of_times_stays_whole() {
    for pattern in 0..32 {
        let disk = SimDisk::new(3);
        append(&mut create(&disk), 1, Flush::Buffered).unwrap();
        for round in 0..5 {
            let mut log = reopen(&disk);
            assert_eq!(read(&disk, 1).unwrap().0, commits(1..=1), "{pattern:b}, round {round}");
            if pattern >> round & 1 == 1 {
                log.seal().unwrap();
            }
        }
        append(&mut reopen(&disk), 2, Flush::Buffered).unwrap();
        assert_eq!(read(&disk, 1).unwrap().0, commits(1..=2), "{pattern:b}");
        assert_eq!(read(&disk, 2).unwrap().0, commits(2..=2), "{pattern:b}");
    }
}

#[test]
fn every_truncation_gives_a_prefix_or_an_error() {
    for sealed in [false, true] {
        let disk = sample(sealed);
        let newest = disk.names().pop().unwrap();
        for name in disk.names() {
            let bytes = disk.bytes(&name).unwrap();
            for length in 0..bytes.len() {
                for fill in [None, Some(0), Some(0xff)] {
                    let damaged = disk.copy();
                    let mut cut = bytes[..length].to_vec();
                    cut.extend(
                        fill.map(|byte| vec![byte; bytes.len() - length]).unwrap_or_default(),
                    );
                    let same = cut == bytes;
                    damaged.put(&name, cut);
                    let whole = check_prefix(&damaged, 0, format_args!("{name} {length}"));
                    assert!(same || !whole);
                    if sealed || name != newest {
                        assert!(same || read(&damaged, 1).is_err(), "{name} {length}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_bit_flip_is_an_error_or_cuts_what_was_never_known_to_be_synced() {
    for sealed in [false, true] {
        let disk = sample(sealed);
        for name in disk.names() {
            let bytes = disk.bytes(&name).unwrap();
            for bit in 0..bytes.len() * 8 {
                let mut damaged = bytes.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                let copy = disk.copy();
                copy.put(&name, damaged);
                let whole = check_prefix(&copy, 9, format_args!("{name} bit {bit}"));
                assert!(!whole, "{name} bit {bit} is not noticed");
                assert!(!sealed || read(&copy, 1).is_err(), "{name} bit {bit} of a sealed log");
            }
        }
    }
}

#[test]
fn a_missing_doubled_or_exchanged_segment_is_named() {
    let disk = sample(false);
    let names = disk.names();
    let middle = &names[1];
    let copy = disk.copy();
    copy.take(middle);
    let error = read(&copy, 1).unwrap_err();
    assert!(matches!(&error, Error::Gap { file, .. } if *file == names[2]), "{error}");
    let copy = disk.copy();
    copy.take(&names[0]);
    assert!(matches!(read(&copy, 1), Err(Error::Gap { first: 1, .. })));
    let copy = disk.copy();
    copy.put(middle, disk.bytes(&names[0]).unwrap());
    assert!(matches!(read(&copy, 1), Err(Error::Foreign { .. })));
    let copy = disk.copy();
    copy.put("log-0000000000000099", disk.bytes(&names[0]).unwrap());
    assert!(read(&copy, 1).is_err());
    // Another database's log of the same shape.
    let other = SimDisk::new(4);
    let mut log =
        LogWriter::create(Arc::new(other.clone()), Origin { database: 78, ..origin() }, SMALL)
            .unwrap();
    for number in 1..=12 {
        append(&mut log, number, Flush::Buffered).unwrap();
    }
    let copy = disk.copy();
    copy.put(&names[2], other.bytes(&names[2]).unwrap());
    assert!(matches!(read(&copy, 1), Err(Error::Foreign { .. })));
    // The same database's, restored from elsewhere: it does not follow.
    let again = sample_with_seed(9);
    let copy = disk.copy();
    copy.put(&names[2], again.bytes(&names[2]).unwrap());
    assert!(matches!(read(&copy, 1), Err(Error::Corrupt { .. })));
}

fn sample_with_seed(seed: u64) -> SimDisk {
    let disk = SimDisk::new(seed);
    let mut log = create(&disk);
    for number in 1..=12 {
        append(&mut log, number, Flush::Buffered).unwrap();
    }
    disk
}

#[test]
fn foreign_files_and_newer_formats_are_refused_and_other_names_ignored() {
    let disk = sample(false);
    disk.put("notes.txt", "hello");
    disk.put("log-1", "not a log's name");
    assert_eq!(read(&disk, 1).unwrap().0.len(), 12);
    let newest = disk.names().into_iter().rfind(|name| name.len() == 20).unwrap();
    let mut bytes = disk.bytes(&newest).unwrap();
    bytes[8] = 2;
    disk.put(&newest, bytes);
    assert!(matches!(read(&disk, 1), Err(Error::NewerFormat { found: 2, known: FORMAT, .. })));
    disk.put(&newest, vec![b'x'; 100]);
    assert!(matches!(read(&disk, 1), Err(Error::Foreign { .. })));
}

#[test]
fn frames_that_survive_behind_a_hole_are_no_proof_unless_they_say_so() {
    let disk = SimDisk::new(3);
    let large = Settings { segment_bytes: 10_000, ..SMALL };
    let mut log = LogWriter::create(Arc::new(disk.clone()), origin(), large).unwrap();
    append(&mut log, 1, Flush::Memory).unwrap();
    log.sync().unwrap();
    for number in 2..=5 {
        append(&mut log, number, Flush::Buffered).unwrap();
    }
    assert_eq!(disk.unsynced(), 4);
    for bits in 0..16_u32 {
        for fill in [None, Some(Fill::Zeros), Some(Fill::Garbage), Some(Fill::Old)] {
            let image = Image { fill, ..Image::bits(bits.into()) };
            let found = disk.image(image);
            let (commits_found, end) = read(&found, 1).unwrap();
            let whole = u64::from(bits.trailing_ones());
            assert_eq!(commits_found, commits(1..=1 + whole), "{image:?}");
            let used = found.bytes("log-0000000000000001").unwrap().len() as u64;
            let good: usize =
                commits_found.iter().map(|(.., payload)| frame::HEADER + payload.len()).sum();
            let cut = end.cut.map_or(used, |cut| cut.offset);
            assert_eq!(cut, 64 + b"schema".len() as u64 + good as u64, "{image:?}");
        }
    }
    // One more frame, after a sync: it speaks for all before it.
    log.sync().unwrap();
    append(&mut log, 6, Flush::Buffered).unwrap();
    log.write_out().unwrap();
    let name = disk.names().remove(0);
    let mut bytes = disk.bytes(&name).unwrap();
    let at = bytes.windows(8).position(|text| text == b"commit 4").unwrap();
    bytes[at] ^= 1;
    let copy = disk.copy();
    copy.put(&name, bytes);
    let error = read(&copy, 1).unwrap_err();
    assert!(matches!(&error, Error::Corrupt { what, .. } if what.contains("commit 6")), "{error}");
}

#[test]
fn a_frame_with_the_right_number_in_a_place_that_is_not_its_own_does_not_pass() {
    // Two histories of one segment, as after an overwritten frame that came back.
    let (one, other) = (SimDisk::new(3), SimDisk::new(3));
    for (disk, first) in [(&one, b"aaaa"), (&other, b"bbbb")] {
        let mut log = create(disk);
        log.append(1, first, Flush::Buffered).unwrap();
        log.append(2, b"cccc", Flush::Buffered).unwrap();
    }
    let name = one.names().remove(0);
    let (mut bytes, foreign) = (one.bytes(&name).unwrap(), other.bytes(&name).unwrap());
    let second = bytes.len() - (frame::HEADER + 4);
    bytes[second..].copy_from_slice(&foreign[second..]);
    one.put(&name, bytes);
    let (found, end) = read(&one, 1).unwrap();
    assert_eq!(found, [(1, 1, b"aaaa".to_vec())]);
    assert!(end.cut.unwrap().why.contains("does not follow"));
}

#[test]
fn a_failed_append_leaves_no_trace() {
    for fault in [Fault::Io, Fault::NoSpace, Fault::Short, Fault::Zero, Fault::Interrupted] {
        let disk = SimDisk::new(3);
        let mut log = create(&disk);
        append(&mut log, 1, Flush::Memory).unwrap();
        disk.fail_at(disk.operations(), fault, Times::Once);
        let failed = append(&mut log, 2, Flush::Buffered).is_err();
        assert_eq!(failed, !matches!(fault, Fault::Short | Fault::Interrupted));
        for number in log.appended().sequence + 1..=4 {
            append(&mut log, number, Flush::Buffered).unwrap();
        }
        let (found, end) = read(&disk, 1).unwrap();
        assert_eq!((found, end.cut), (commits(1..=4), None), "{fault:?}");
    }
}

#[test]
fn a_full_disk_refuses_and_works_again() {
    let disk = SimDisk::new(3);
    let mut log = create(&disk);
    append(&mut log, 1, Flush::Buffered).unwrap();
    let full = disk.bytes(&disk.names()[0]).unwrap().len() as u64 + 20;
    disk.set_capacity(Some(full));
    for _ in 0..3 {
        let error = append(&mut log, 2, Flush::Buffered).unwrap_err();
        assert!(matches!(error, Error::NoSpace { .. }), "{error}");
    }
    assert!(matches!(log.rotate(), Err(Error::NoSpace { .. })), "no place for a header");
    append(&mut log, 2, Flush::Memory).unwrap();
    assert!(append(&mut log, 30, Flush::Memory).is_err(), "the buffer is full");
    disk.set_capacity(None);
    for number in 3..=12 {
        append(&mut log, number, Flush::Memory).unwrap();
    }
    log.seal().unwrap();
    assert_eq!(read(&disk, 1).unwrap().0, commits(1..=12));
    assert!(matches!(append(&mut log, 13, Flush::Memory), Err(Error::Closed)));
}

#[test]
fn what_cannot_be_cut_poisons_and_so_does_a_failed_sync() {
    let disk = SimDisk::new(3);
    let mut log = create(&disk);
    append(&mut log, 1, Flush::Buffered).unwrap();
    disk.fail_at(disk.operations(), Fault::Io, Times::Sticky);
    assert!(matches!(append(&mut log, 2, Flush::Buffered), Err(Error::Poisoned { .. })));
    disk.heal();
    assert!(matches!(append(&mut log, 2, Flush::Memory), Err(Error::Poisoned { .. })));
    assert!(matches!(log.sync(), Err(Error::Poisoned { .. })));

    let disk = SimDisk::new(3);
    let mut log = create(&disk);
    append(&mut log, 1, Flush::Buffered).unwrap();
    disk.fail_at(disk.operations(), Fault::Io, Times::Once);
    assert!(matches!(log.sync(), Err(Error::DurabilityUnknown { .. })));
    assert_eq!(log.synced().sequence, 0);
    assert!(matches!(log.sync(), Err(Error::Poisoned { .. })));
    // Readers of the cache see the commit; what is settled from it is on the medium.
    drop(log);
    let mut log = reopen(&disk);
    append(&mut log, 2, Flush::Buffered).unwrap();
    assert_eq!(read(&disk.image(Image::lost()), 1).unwrap().0, commits(1..=1));
}

#[test]
fn a_log_that_counts_too_far_is_refused() {
    let disk = SimDisk::new(3);
    let position = Position { sequence: u64::MAX - 5, ..Position::default() };
    let origin = Origin { position, ..origin() };
    LogWriter::create(Arc::new(disk.clone()), origin, SMALL).unwrap();
    assert!(matches!(read(&disk, u64::MAX), Err(Error::Corrupt { .. })));
    assert!(matches!(read(&disk, 1), Err(Error::Gap { .. })));
}

#[test]
fn misuse_is_refused() {
    let disk = SimDisk::new(3);
    let mut log = create(&disk);
    log.append(5, b"", Flush::Memory).unwrap();
    let refused = log.append(5, b"", Flush::Memory);
    assert!(matches!(refused, Err(Error::Version { version: 5, last: 5 })));
}

#[test]
fn an_error_stays() {
    let disk = sample(false);
    disk.take(&disk.names()[1]);
    let mut reader = LogReader::open(Arc::new(disk.clone()), 1).unwrap();
    while let Ok(frame) = reader.next() {
        assert!(frame.is_some());
    }
    assert!(reader.next().is_err() && reader.finish().is_err());
}

#[test]
fn old_segments_go_and_the_newest_stays() {
    let disk = sample(false);
    let names = disk.names();
    remove_before(&disk, 1).unwrap();
    assert_eq!(disk.names(), names);
    let (_, end) = read(&disk, 1).unwrap();
    remove_before(&disk, end.position.sequence + 1).unwrap();
    assert_eq!(disk.names(), names[names.len() - 1..]);
    assert!(disk.is_durable(&names[names.len() - 1]));
    let (found, _) = read(&disk, 12).unwrap();
    assert_eq!(found, commits(12..=12));
    assert!(matches!(read(&disk, 1), Err(Error::Gap { first: 1, .. })));
}

#[test]
fn removals_that_survive_in_any_subset_do_not_matter() {
    let disk = sample(false);
    let (_, end) = read(&disk, 1).unwrap();
    disk.crash_at(disk.operations() + disk.names().len() as u64);
    remove_before(&disk, end.position.sequence + 1).unwrap_err();
    for image in disk.images(1) {
        assert_eq!(read(&disk.image(image), 12).unwrap().0, commits(12..=12));
    }
}

#[test]
fn much_that_looks_like_frames_is_refused_in_linear_time() {
    let disk = sample(true);
    let name = disk.names().remove(0);
    let mut bytes = disk.bytes(&name).unwrap();
    let fake = Head {
        length: 0,
        checksum: 0,
        before: 0,
        kind: Kind::Commit,
        sequence: 900,
        version: 0,
        synced_through: 899,
    };
    let mut frame = Vec::new();
    fake.write(&[], 0, &mut frame);
    bytes.truncate(70);
    for left in (0..20_000_u32).rev() {
        frame[..4].copy_from_slice(&(left * frame::HEADER as u32).to_le_bytes());
        bytes.extend_from_slice(&frame);
    }
    let disk = SimDisk::new(1);
    disk.put(&name, bytes);
    let error = read(&disk, 1).unwrap_err();
    assert!(error.to_string().contains("too much"), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_behind_a_header_end_the_log(tail: Vec<u8>) {
        let disk = SimDisk::new(3);
        create(&disk);
        let name = disk.names().remove(0);
        let mut bytes = disk.bytes(&name).unwrap();
        bytes.extend(&tail);
        disk.put(&name, bytes);
        let (found, end) = read(&disk, 1).unwrap();
        prop_assert!(found.is_empty() && end.cut.is_some() != tail.is_empty());
    }

    #[test]
    fn several_damages_give_a_prefix_or_an_error(
        places in proptest::collection::vec((0_usize..2000, any::<u8>()), 1..6),
        sealed: bool,
    ) {
        let disk = sample(sealed);
        let files = BTreeMap::from(&disk);
        let total: usize = files.values().map(Vec::len).sum();
        for (place, byte) in places {
            let mut place = place % total;
            for name in files.keys() {
                let mut bytes = disk.bytes(name).unwrap();
                if place < bytes.len() {
                    bytes[place] = byte;
                    disk.put(name, bytes);
                    break;
                }
                place -= bytes.len();
            }
        }
        check_prefix(&disk, 0, "several");
    }

    #[test]
    fn crashes_between_any_appends_give_a_prefix_that_holds_what_was_synced(
        steps in proptest::collection::vec((0_u8..4, 0_u8..2), 1..20),
        bits: u128,
        fill in 0_usize..4,
    ) {
        let disk = SimDisk::new(3);
        let mut log = create(&disk);
        for (number, (step, flush)) in steps.iter().enumerate() {
            let flush = if *flush == 0 { Flush::Memory } else { Flush::Buffered };
            append(&mut log, number as u64 + 1, flush).unwrap();
            match step {
                0 => log.sync().unwrap(),
                1 => log.write_out().unwrap(),
                _ => {}
            }
        }
        let fill = [None, Some(Fill::Zeros), Some(Fill::Garbage), Some(Fill::Old)][fill];
        let found = disk.image(Image { fill, ..Image::bits(bits) });
        let (commits_found, _) = read(&found, 1).unwrap();
        prop_assert_eq!(&commits_found, &commits(1..=commits_found.len() as u64));
        prop_assert!(commits_found.len() as u64 >= log.synced().sequence);
        let mut log = reopen(&found);
        let next = commits_found.len() as u64 + 1;
        append(&mut log, next, Flush::Buffered).unwrap();
        log.sync().unwrap();
        let (again, _) = read(&found.image(Image::lost()), 1).unwrap();
        prop_assert_eq!(again, commits(1..=next));
    }
}
