//! What is made once and kept: a list that only grows, which everybody may use and prolong at once.
//!
//! An item stays where it is for as long as the list, so whoever uses one only looks: no lock, no count, no copy. An item is
//! appended by one who has seen that none before it is wanted, and of two who append at once the second looks at the first
//! one's item before. So nothing stands in the list twice: where an item was wanted when it was made, no other one was.

use std::sync::OnceLock;

/// Items, oldest first.
pub(super) struct Kept<T>(OnceLock<Box<Item<T>>>);

struct Item<T> {
    item: T,
    behind: Kept<T>,
}

impl<T> Kept<T> {
    /// The first item that is wanted; if there is none, the one that `make` gives, which is kept from then on. O(items).
    pub(super) fn get(&self, is_wanted: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> &T {
        let mut end = match self.search(&is_wanted) {
            Ok(item) => return item,
            Err(end) => end,
        };
        let mut new = Box::new(Item { item: make(), behind: Self::default() });
        while let Err(refused) = end.0.set(new) {
            // Somebody else was here first.
            new = refused;
            end = match end.search(&is_wanted) {
                Ok(item) => return item,
                Err(end) => end,
            };
        }
        match end.0.get() {
            Some(kept) => &kept.item,
            None => unreachable!("it was set just now"),
        }
    }

    /// The first item that is wanted, if there is one. O(items).
    pub(super) fn find(&self, is_wanted: impl Fn(&T) -> bool) -> Option<&T> {
        self.search(is_wanted).ok()
    }

    /// The first item from here on that is wanted; if there is none, the end of the list.
    fn search(&self, is_wanted: impl Fn(&T) -> bool) -> Result<&T, &Self> {
        let mut place = self;
        while let Some(kept) = place.0.get() {
            if is_wanted(&kept.item) {
                return Ok(&kept.item);
            }
            place = &kept.behind;
        }
        Err(place)
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::Kept;

    #[test]
    fn what_is_wanted_is_made_once() {
        let (kept, made) = (Kept::default(), AtomicUsize::new(0));
        let get = |wanted: u32| {
            *kept.get(
                |item| *item == wanted,
                || {
                    made.fetch_add(1, Ordering::Relaxed);
                    wanted
                },
            )
        };
        for wanted in [3, 1, 3, 2, 1, 3] {
            assert_eq!(get(wanted), wanted);
        }
        assert_eq!(made.into_inner(), 3);
    }

    #[test]
    fn of_two_who_append_the_second_uses_the_first_ones() {
        const THREADS: usize = 4;
        for _ in 0..200 {
            let (kept, start) = (Kept::default(), Barrier::new(THREADS));
            let get = |wanted: usize| kept.get(|item| *item == wanted, || wanted);
            let addresses = |_| {
                start.wait();
                (0..THREADS).map(|wanted| std::ptr::from_ref(get(wanted)).addr()).collect()
            };
            let seen: Vec<Vec<usize>> = thread::scope(|scope| {
                let threads: Vec<_> =
                    (0..THREADS).map(|thread| scope.spawn(move || addresses(thread))).collect();
                threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
            });
            assert!(seen.iter().all(|each| *each == seen[0]), "one item for each number");
        }
    }
}
