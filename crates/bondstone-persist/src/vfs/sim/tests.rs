use super::*;

/// A file of which "ab" is durable and "cd", "ef" are not.
fn half() -> SimDisk {
    let disk = SimDisk::new(7);
    let file = disk.create("f").unwrap();
    disk.sync_dir().unwrap();
    file.append_all(b"ab").unwrap();
    file.sync().unwrap();
    file.append_all(b"cd").unwrap();
    file.append_all(b"ef").unwrap();
    disk
}

fn found(disk: &SimDisk, image: Image) -> Vec<u8> {
    disk.image(image).bytes("f").unwrap()
}

#[test]
fn unsynced_bytes_survive_in_any_subset() {
    let disk = half();
    assert_eq!(disk.unsynced(), 2);
    assert_eq!(found(&disk, Image::lost()), b"ab");
    assert_eq!(found(&disk, Image::kept()), b"abcdef");
    assert_eq!(found(&disk, Image::bits(1)), b"abcd");
    assert_eq!(found(&disk, Image::bits(2)), b"ab\0\0ef");
    assert_eq!(found(&disk, Image::kept().torn(1)), b"abcde");
    assert_eq!(found(&disk, Image::lost().filled(Fill::Zeros)), b"ab\0\0\0\0");
    assert_eq!(found(&disk, Image::lost().filled(Fill::Old)), b"abab\x61\x62");
    assert_eq!(found(&disk, Image::bits(2).filled(Fill::Zeros)), b"ab\0\0ef");
    assert_eq!(found(&disk, Image::bits(2).filled(Fill::Garbage)).len(), 6);
    assert!(!disk.is_durable("f"));
    let image = disk.image(Image::kept());
    assert!(image.is_durable("f") && image.unsynced() == 0, "what was found is on the medium");
}

#[test]
fn what_was_cut_may_come_back() {
    let disk = half();
    let file = disk.open("f").unwrap();
    file.truncate(3).unwrap();
    file.append_all(b"X").unwrap();
    assert_eq!(disk.bytes("f").unwrap(), b"abcX");
    assert_eq!(found(&disk, Image::kept()), b"abcX");
    assert_eq!(found(&disk, Image::bits(0b1011)), b"abcXef");
    assert_eq!(found(&disk, Image::bits(0b0111).filled(Fill::Old)), b"abcd");
    file.sync().unwrap();
    assert_eq!(found(&disk, Image::lost()), b"abcX");
}

#[test]
fn names_are_durable_after_the_directory_was_synced_only() {
    let disk = SimDisk::new(7);
    let file = disk.create("new").unwrap();
    file.append_all(b"x").unwrap();
    file.sync().unwrap();
    assert!(disk.image(Image::lost()).names().is_empty());
    disk.rename("new", "f").unwrap();
    let names = |bits| disk.image(Image::bits(bits)).names();
    assert_eq!(
        [names(0), names(1), names(2), names(3)].map(|n| n.join(",")),
        ["", "new", "f", "f"]
    );
    assert!(!disk.is_durable("f"));
    disk.sync_dir().unwrap();
    assert!(disk.is_durable("f"));
    disk.remove("f").unwrap();
    assert_eq!(disk.image(Image::lost()).bytes("f").unwrap(), b"x");
    assert!(disk.open("f").is_err());
    assert!(disk.open("../f").is_err() && disk.create("a/b").is_err());
}

#[test]
fn after_a_failed_sync_the_data_are_gone_though_seen() {
    let disk = half();
    let file = disk.open("f").unwrap();
    disk.fail_at(disk.operations(), Fault::Io, Times::Once);
    assert!(file.sync().is_err());
    file.sync().expect("the second call lies");
    assert_eq!(disk.bytes("f").unwrap(), b"abcdef");
    assert_eq!(found(&disk, Image::kept()), b"ab");
    assert!(!disk.is_durable("f"));
    file.append_all(b"gh").unwrap();
    file.sync().unwrap();
    assert_eq!(found(&disk, Image::lost()), b"ab\0\0\0\0gh", "a hole");
}

#[test]
fn faults_come_at_their_operation_and_concern_what_they_can() {
    for (fault, kind) in [
        (Fault::Io, ErrorKind::Other),
        (Fault::NoSpace, ErrorKind::StorageFull),
        (Fault::Interrupted, ErrorKind::Interrupted),
    ] {
        let disk = half();
        let file = disk.open("f").unwrap();
        disk.fail_at(disk.operations() + 1, fault, Times::Once);
        assert_eq!(file.append(b"g").unwrap(), 1);
        assert_eq!(file.append(b"h").unwrap_err().kind(), kind);
        assert_eq!(file.append(b"i").unwrap(), 1);
        assert_eq!(disk.bytes("f").unwrap(), b"abcdefgi");
    }
    let disk = half();
    let file = disk.open("f").unwrap();
    disk.fail_at(0, Fault::Short, Times::Sticky);
    file.append_all(b"ghi").unwrap();
    let mut bytes = [0; 9];
    file.read_exact_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"abcdefghi");
    disk.fail_at(0, Fault::Zero, Times::Sticky);
    assert_eq!(file.append_all(b"j").unwrap_err().kind(), ErrorKind::WriteZero);
    disk.fail_at(0, Fault::Interrupted, Times::Sticky);
    assert_eq!(file.append_all(b"j").unwrap_err().kind(), ErrorKind::Interrupted);
    disk.fail_at(disk.operations(), Fault::Interrupted, Times::Once);
    file.append_all(b"j").unwrap();
    disk.fail_at(0, Fault::NoSpace, Times::Sticky);
    file.truncate(0).expect("needs no space");
    disk.heal();
    disk.set_capacity(Some(2));
    assert_eq!(file.append(b"abc").unwrap(), 2);
    assert_eq!(file.append(b"c").unwrap_err().kind(), ErrorKind::StorageFull);
}

#[test]
fn after_the_crash_nothing_works() {
    let disk = half();
    let file = disk.open("f").unwrap();
    disk.crash_at(disk.operations() + 1);
    assert!(file.append(b"g").is_ok() && !disk.has_crashed());
    assert!(file.append(b"h").is_err() && disk.has_crashed());
    assert!(file.sync().is_err() && disk.list().is_err() && disk.lock("lock").is_err());
    assert_eq!(found(&disk, Image::kept()), b"abcdefg");
    disk.image(Image::lost()).list().unwrap();
}

#[test]
fn a_held_sync_covers_what_was_there_when_it_began() {
    let disk = half();
    disk.block_syncs(true);
    let file = disk.open("f").unwrap();
    std::thread::scope(|scope| {
        let sync = scope.spawn(|| disk.open("f").unwrap().sync());
        disk.wait_blocked(1);
        file.append_all(b"gh").unwrap();
        disk.block_syncs(false);
        sync.join().unwrap().unwrap();
    });
    assert_eq!(found(&disk, Image::lost()), b"abcdef");
}

#[test]
fn the_same_calls_are_the_same_trace() {
    let run = || {
        let disk = half();
        disk.record();
        disk.fail_at(disk.operations() + 1, Fault::NoSpace, Times::Once);
        let file = disk.open("f").unwrap();
        let _ = file.append(b"x");
        file.append_all(&disk.random().to_le_bytes()).unwrap();
        (disk.trace(), disk.bytes("f"), disk.now())
    };
    let (trace, ..) = run();
    assert_eq!(trace[0], "6 Open f 0/0");
    assert_eq!(trace[1], "7 Append f: no storage space");
    assert_eq!(run(), run());
}

#[test]
fn a_lock_is_held_once_and_not_after_a_crash() {
    let disk = SimDisk::new(7);
    let lock = disk.lock("lock").unwrap();
    assert!(lock.is_some() && disk.lock("lock").unwrap().is_none());
    assert!(disk.image(Image::kept()).lock("lock").unwrap().is_some());
    drop(lock);
    assert!(disk.lock("lock").unwrap().is_some());
}

#[test]
fn images_are_all_different_for_few_operations() {
    let disk = half();
    let images: Vec<Image> = disk.images(1).collect();
    assert_eq!(images.len(), 2 + 2 + 1 + 6);
    assert_eq!(disk.image(Image::kept()).images(1).count(), 1);
    for number in 0..20 {
        disk.create(&format!("g{number}")).unwrap();
    }
    assert!(disk.images(1).count() >= 64);
}
