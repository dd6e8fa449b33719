use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;
use std::thread;

use super::*;
use crate::log::{LogReader, Origin, Settings};
use crate::vfs::sim::{Fault, Image, SimDisk, Times};

/// A committer on a simulated disk, and what it published.
struct Fixture {
    disk: SimDisk,
    committer: Committer,
    published: Mutex<Vec<u64>>,
    /// The last version that was begun: the writer's lock.
    writer: Mutex<u64>,
}

impl Fixture {
    fn new(segment_bytes: u64) -> Self {
        let disk = SimDisk::new(5);
        let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
        let settings = Settings { segment_bytes, buffer_bytes: 100 };
        let log = LogWriter::create(Arc::clone(&vfs), Origin::default(), settings).unwrap();
        let committer = Committer::new(vfs, log);
        Self { disk, committer, published: Mutex::default(), writer: Mutex::default() }
    }

    fn publish(&self) -> impl Fn(u64) + '_ {
        |version| self.published.lock().unwrap().push(version)
    }

    fn append(&self, level: Level) -> Result<(u64, Ticket)> {
        let mut last = self.writer.lock().unwrap();
        let version = *last + 1;
        let ticket = self.committer.append(level, version, &version.to_le_bytes())?;
        *last = version;
        Ok((version, ticket))
    }

    fn commit(&self, level: Level) -> Result<u64> {
        let (version, ticket) = self.append(level)?;
        self.committer.wait(ticket, &self.publish())?;
        Ok(version)
    }

    fn published(&self) -> Vec<u64> {
        self.published.lock().unwrap().clone()
    }

    /// How many commits are found after a power loss.
    fn durable(&self) -> u64 {
        let disk = self.disk.image(Image::lost());
        LogReader::open(Arc::new(disk), 1).unwrap().finish().unwrap().position.sequence
    }
}

const LARGE: u64 = 1 << 20;

#[test]
fn each_level_does_what_it_says() {
    let all = Fixture::new(LARGE);
    all.commit(Level::Memory).unwrap();
    let first = all.disk.bytes("log-0000000000000001").unwrap().len();
    assert_eq!(all.published(), [1], "published, and nowhere else");
    all.commit(Level::Buffered).unwrap();
    assert!(all.disk.bytes("log-0000000000000001").unwrap().len() > first);
    assert_eq!((all.committer.durable_version(), all.durable()), (0, 0));
    all.commit(Level::Sync).unwrap();
    assert_eq!((all.committer.durable_version(), all.durable()), (3, 3));
    all.commit(Level::Memory).unwrap();
    all.committer.wait_durable(3).unwrap();
    assert_eq!(all.durable(), 3);
    all.committer.wait_durable(4).unwrap();
    assert_eq!(all.durable(), 4);
    all.commit(Level::Memory).unwrap();
    all.committer.flush().unwrap();
    assert_eq!((all.durable(), all.published()), (5, vec![1, 2, 3, 4, 5]));
    assert!(matches!(all.committer.wait_durable(6), Err(Error::Version { version: 6, last: 5 })));
}

#[test]
fn those_who_commit_during_a_sync_share_the_next() {
    let all = Fixture::new(LARGE);
    all.disk.record();
    all.disk.block_syncs(true);
    thread::scope(|scope| {
        let leader = scope.spawn(|| all.commit(Level::Sync));
        all.disk.wait_blocked(1);
        let others: Vec<_> = (0..7).map(|_| scope.spawn(|| all.commit(Level::Sync))).collect();
        while all.committer.last_version() < 8 {
            thread::yield_now();
        }
        assert!(all.published().is_empty(), "nothing before its sync");
        all.disk.block_syncs(false);
        leader.join().unwrap().unwrap();
        others.into_iter().for_each(|other| assert!(other.join().unwrap().is_ok()));
    });
    assert_eq!(all.published(), (1..=8).collect::<Vec<_>>());
    let syncs = all.disk.trace().iter().filter(|line| line.contains(" Sync ")).count();
    assert_eq!(syncs, 2, "one for the first, one for all others");
    assert_eq!(all.durable(), 8);
}

#[test]
fn many_threads_are_published_in_order_and_once() {
    let all = Fixture::new(600);
    thread::scope(|scope| {
        for worker in 0..8 {
            let all = &all;
            scope.spawn(move || {
                for round in 0..40 {
                    let level = [Level::Sync, Level::Buffered, Level::Memory][(worker + round) % 3];
                    let version = all.commit(level).unwrap();
                    assert!(all.published().contains(&version), "acknowledged is published");
                    assert!(level < Level::Sync || all.committer.durable_version() >= version);
                    if round % 10 == worker {
                        all.committer.rotate().unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(all.published(), (1..=320).collect::<Vec<_>>());
    all.committer.close().unwrap();
    assert_eq!(all.durable(), 320);
}

#[test]
fn weaker_commits_wait_for_what_they_build_on_and_so_does_who_read_it() {
    let all = Fixture::new(LARGE);
    all.disk.block_syncs(true);
    let returned = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| all.commit(Level::Sync).unwrap());
        all.disk.wait_blocked(1);
        let base = all.committer.base().unwrap();
        for level in [Level::Buffered, Level::Memory] {
            let (all, returned) = (&all, &returned);
            let (_, ticket) = all.append(level).unwrap();
            scope.spawn(move || {
                all.committer.wait(ticket, &all.publish()).unwrap();
                returned.fetch_add(1, Ordering::SeqCst);
            });
        }
        let (all, returned) = (&all, &returned);
        scope.spawn(move || {
            all.committer.wait_base(base, &all.publish()).unwrap();
            returned.fetch_add(1, Ordering::SeqCst);
        });
        thread::sleep(Duration::from_millis(20));
        assert_eq!((returned.load(Ordering::SeqCst), all.published()), (0, vec![]));
        all.disk.block_syncs(false);
    });
    assert_eq!((returned.load(Ordering::SeqCst), all.published()), (3, vec![1, 2, 3]));
}

#[test]
fn who_waits_leads_if_the_owner_of_the_commit_has_gone() {
    let all = Fixture::new(LARGE);
    let _ = all.append(Level::Sync).unwrap();
    let base = all.committer.base().unwrap();
    all.committer.wait_base(base, &all.publish()).unwrap();
    assert_eq!((all.published(), all.durable()), (vec![1], 1));
    let _ = all.append(Level::Sync).unwrap();
    all.commit(Level::Memory).unwrap();
    assert_eq!(all.published(), [1, 2, 3]);
}

/// A checkpoint that finds a commit in the log, but not in its view, would remove the only copy.
#[test]
fn what_is_in_the_log_is_published_only_when_its_transaction_is_complete() {
    for level in [Level::Memory, Level::Buffered, Level::Sync] {
        let all = Fixture::new(LARGE);
        all.commit(Level::Sync).unwrap();
        let (_, ticket) = all.append(level).unwrap();
        let position = all.committer.rotate().unwrap();
        assert_eq!(all.durable(), 2, "it is durable");
        thread::scope(|scope| {
            let checkpoint =
                scope.spawn(|| all.committer.wait_position(position, &all.publish()).unwrap());
            while all.committer.state().sleeping == 0 {
                thread::yield_now();
            }
            assert_eq!(all.published(), [1], "and its writer has it still in hand");
            assert!(!checkpoint.is_finished());
            all.committer.wait(ticket, &all.publish()).unwrap();
        });
        assert_eq!(all.published(), [1, 2]);
    }
}

/// Whoever has the writer's lock knows that nobody else has work in hand.
#[test]
fn who_begins_next_says_that_all_before_is_complete() {
    let all = Fixture::new(LARGE);
    let _ = all.append(Level::Buffered).unwrap();
    let position = all.committer.rotate().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| all.committer.wait_position(position, &all.publish()).unwrap());
        while all.committer.state().sleeping == 0 {
            thread::yield_now();
        }
        assert!(all.published().is_empty());
        let _ = all.committer.base().unwrap();
    });
    assert_eq!(all.published(), [1]);
}

#[test]
fn a_failed_sync_poisons_and_publishes_nothing() {
    let all = Fixture::new(LARGE);
    all.commit(Level::Sync).unwrap();
    all.disk.block_syncs(true);
    thread::scope(|scope| {
        // The next operations are an append and its sync.
        all.disk.fail_at(all.disk.operations() + 1, Fault::Io, Times::Once);
        let first = scope.spawn(|| all.commit(Level::Sync));
        all.disk.wait_blocked(1);
        let base = all.committer.base().unwrap();
        let reader = scope.spawn({
            let all = &all;
            move || all.committer.wait_base(base, &all.publish())
        });
        let (_, ticket) = all.append(Level::Buffered).unwrap();
        let second = scope.spawn({
            let all = &all;
            move || all.committer.wait(ticket, &all.publish())
        });
        all.disk.block_syncs(false);
        let outcomes = [
            first.join().unwrap().map(drop),
            second.join().unwrap(),
            reader.join().unwrap(),
            all.committer.wait_durable(2),
        ];
        for outcome in outcomes {
            assert!(matches!(outcome, Err(Error::DurabilityUnknown { .. })), "{outcome:?}");
        }
    });
    assert!(matches!(all.append(Level::Memory), Err(Error::Poisoned { .. })));
    assert!(matches!(all.committer.flush(), Err(Error::DurabilityUnknown { .. })));
    assert!(matches!(all.committer.rotate(), Err(Error::Poisoned { .. })));
    assert!(matches!(all.committer.close(), Err(Error::Poisoned { .. })));
    assert!(all.committer.poison().unwrap().contains("syncing `log-0000000000000001`"));
    assert_eq!((all.published(), all.committer.durable_version()), (vec![1], 1));
}

#[test]
fn a_full_disk_takes_back_one_commit_and_goes_on_later() {
    let all = Fixture::new(LARGE);
    all.commit(Level::Sync).unwrap();
    all.disk.set_capacity(Some(all.disk.bytes("log-0000000000000001").unwrap().len() as u64 + 10));
    for level in [Level::Sync, Level::Buffered] {
        assert!(matches!(all.append(level), Err(Error::NoSpace { .. })));
    }
    all.commit(Level::Memory).unwrap();
    assert!(matches!(all.committer.flush(), Err(Error::NoSpace { .. })));
    all.disk.set_capacity(None);
    all.commit(Level::Sync).unwrap();
    assert_eq!((all.published(), all.durable()), (vec![1, 2, 3], 3));
}

#[test]
fn a_rotation_waits_for_the_sync_that_is_running() {
    let all = Fixture::new(200);
    all.commit(Level::Sync).unwrap();
    all.disk.block_syncs(true);
    thread::scope(|scope| {
        scope.spawn(|| all.commit(Level::Sync).unwrap());
        all.disk.wait_blocked(1);
        let rotating = scope.spawn(|| all.commit(Level::Buffered).unwrap());
        let explicitly = scope.spawn(|| all.committer.rotate().unwrap());
        thread::sleep(Duration::from_millis(20));
        assert_eq!(all.disk.names().len(), 1, "no second sync of the file beside the first");
        all.disk.block_syncs(false);
        rotating.join().unwrap();
        explicitly.join().unwrap();
    });
    assert!(all.disk.names().len() >= 2);
    assert_eq!(all.published(), [1, 2, 3]);
}

#[test]
fn after_a_fork_nothing_is_written() {
    let all = Fixture::new(LARGE);
    let (_, ticket) = all.append(Level::Sync).unwrap();
    all.disk.fork();
    let before = all.disk.changes().len();
    assert!(matches!(all.append(Level::Buffered), Err(Error::Forked)));
    let full = loop {
        if let Err(error) = all.append(Level::Memory) {
            break error;
        }
    };
    assert!(matches!(full, Error::Forked));
    assert!(matches!(all.committer.wait(ticket, &all.publish()), Err(Error::Forked)));
    assert!(matches!(all.committer.flush(), Err(Error::Forked)));
    assert!(matches!(all.committer.rotate(), Err(Error::Forked)));
    assert!(matches!(all.committer.remove_before(1), Err(Error::Forked)));
    assert!(matches!(all.committer.close(), Err(Error::Forked)));
    let disk = all.disk.clone();
    drop(all);
    assert_eq!(disk.changes().len(), before);
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_future_is_woken_when_its_version_is_durable_or_never_will_be() {
    let all = Fixture::new(LARGE);
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut context = Context::from_waker(&waker);
    all.commit(Level::Buffered).unwrap();
    for _ in 0..3 {
        assert!(all.committer.poll_durable(1, &mut context).is_pending());
    }
    all.commit(Level::Sync).unwrap();
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    assert!(matches!(all.committer.poll_durable(1, &mut context), Poll::Ready(Ok(()))));
    assert!(matches!(all.committer.poll_durable(9, &mut context), Poll::Ready(Err(_))));
    all.commit(Level::Buffered).unwrap();
    assert!(all.committer.poll_durable(3, &mut context).is_pending());
    all.disk.fail_at(all.disk.operations(), Fault::Io, Times::Once);
    all.committer.flush().unwrap_err();
    assert_eq!(count.0.load(Ordering::SeqCst), 2);
    let Poll::Ready(Err(error)) = all.committer.poll_durable(3, &mut context) else { panic!() };
    assert!(matches!(error, Error::DurabilityUnknown { .. }));
}

#[test]
fn closing_seals_and_dropping_hands_over() {
    let all = Fixture::new(LARGE);
    all.commit(Level::Memory).unwrap();
    let (_, ticket) = all.append(Level::Sync).unwrap();
    all.committer.close().unwrap();
    all.committer.wait(ticket, &all.publish()).unwrap();
    assert_eq!((all.published(), all.durable()), (vec![1, 2], 2));
    assert!(matches!(all.append(Level::Memory), Err(Error::Closed)));
    assert!(matches!(all.committer.close(), Err(Error::Closed)));
    assert_eq!(all.disk.names(), ["log-0000000000000001.sealed"]);

    let all = Fixture::new(LARGE);
    all.commit(Level::Memory).unwrap();
    let disk = all.disk.clone();
    drop(all);
    let end = LogReader::open(Arc::new(disk), 1).unwrap().finish().unwrap();
    assert_eq!((end.position.sequence, end.sealed), (1, false));
}
