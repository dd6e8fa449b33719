//! Lists made of all their slots at once.

use super::Postings;
use super::block::{Block, capacity_of};
use super::head::{Fresh, Single};
use super::long::Long;
use super::tally::Tally;
use crate::writer::Writer;

impl Postings {
    /// Gives an owner without a list one of these slots, in ascending order. Do they count as rows whose newest version belongs there?
    pub(crate) fn give(
        &self,
        writer: &mut Writer,
        owner: u32,
        mut slots: impl ExactSizeIterator<Item = u32>,
        live: bool,
    ) {
        let count = slots.len();
        let entries = count as u32;
        let tally = || Tally::new(writer.now(), if live { entries } else { 0 }, entries);
        let list = match (count, capacity_of(count)) {
            (0, _) => return,
            (1, _) => {
                slots.next().map_or(Fresh::Empty, |slot| Fresh::Single(Single { slot, live }))
            }
            (_, Some(capacity)) => Fresh::Block(Block::of(tally(), capacity, slots)),
            (_, None) => Fresh::Long(Long::of(tally(), slots)),
        };
        let head = self.heads.ensure(writer, owner);
        debug_assert!(head.is_empty());
        head.replace(writer, list);
        self.totals.give(writer, count);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn lists_are_those_of_slots_that_came_one_by_one() {
        let (given, inserted, mut writer) = (Postings::new(), Postings::new(), Writer::new());
        let lists = [0, 1, 2, 3, 4, 5, 8, 9, 17, 100, 384, 385, 512, 513, 1_000];
        let slots = |count: u32| (0..count).map(|slot| slot * 3);
        for (owner, count) in (0..).zip(lists) {
            given.give(&mut writer, owner, slots(count), true);
            slots(count).for_each(|slot| inserted.add(&mut writer, owner, slot));
        }
        for round in 0..2 {
            given.check().unwrap();
            assert!(given.bytes() <= inserted.bytes());
            assert_eq!((given.slots(), given.owners()), (inserted.slots(), inserted.owners()));
            for (owner, count) in (0..).zip(lists) {
                assert!(given.iter(owner).eq(inserted.iter(owner)), "of {owner}");
                assert_eq!(given.len(owner), inserted.len(owner));
                for postings in [&given, &inserted] {
                    if count > 0 && round == 0 {
                        postings.add(&mut writer, owner, 1);
                        postings.adjust(&mut writer, owner, -1);
                        assert!(postings.remove(&mut writer, owner, 0));
                    }
                }
            }
        }
    }
}
