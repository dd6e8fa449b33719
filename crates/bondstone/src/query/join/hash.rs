//! Rows by the hash of a value.

use std::borrow::Borrow;
use std::hash::Hash;

use bondstone_schema::Hashing;
use hashbrown::HashTable;

/// Behind the last row of a chain.
const END: u32 = u32::MAX;

/// Rows in the order in which they came, with chains of those that have the same value.
pub(super) struct Table<'v, T, S> {
    rows: Vec<(Option<S>, &'v T)>,
    /// The next row with the same value.
    next: Vec<u32>,
    /// The first and the last row with a value.
    chains: HashTable<(u32, u32)>,
    hashing: Hashing,
}

impl<'v, T, S> Table<'v, T, S> {
    /// The rows with their values; those with null are kept, but nobody finds them.
    ///
    /// # Panics
    /// If there are more than four billion, which no database has.
    pub(super) fn new<V>(rows: impl Iterator<Item = (Option<S>, &'v T)>) -> Self
    where
        V: Eq + Hash,
        S: Borrow<V>,
    {
        let rows: Vec<_> = rows.collect();
        assert!(rows.len() < END as usize, "a table holds four billion rows");
        let hashing = Hashing::default();
        let mut next = vec![END; rows.len()];
        let mut chains = HashTable::with_capacity(rows.len());
        for (number, (value, _)) in (0..).zip(&rows) {
            let Some(value) = value else { continue };
            let value: &V = value.borrow();
            let is_same = |chain: &(u32, u32)| is_value(&rows[chain.0 as usize].0, value);
            let hash_of = |chain: &(u32, u32)| hash::<V, S>(&hashing, &rows[chain.0 as usize].0);
            match chains.entry(hashing.hash(value), is_same, hash_of) {
                hashbrown::hash_table::Entry::Occupied(mut chain) => {
                    let (_, last) = chain.get_mut();
                    next[*last as usize] = number;
                    *last = number;
                }
                hashbrown::hash_table::Entry::Vacant(place) => {
                    place.insert((number, number));
                }
            }
        }
        Self { rows, next, chains, hashing }
    }

    /// The numbers of the rows with a value, in order.
    #[inline]
    pub(super) fn numbers<V>(&self, value: &V) -> impl Iterator<Item = u32>
    where
        V: Eq + Hash,
        S: Borrow<V>,
    {
        let is_same = |chain: &(u32, u32)| is_value(&self.rows[chain.0 as usize].0, value);
        let chain = self.chains.find(self.hashing.hash(value), is_same);
        let mut number = chain.map_or(END, |(first, _)| *first);
        std::iter::from_fn(move || {
            let found = (number != END).then_some(number)?;
            number = self.next[found as usize];
            Some(found)
        })
    }

    /// The row with a number.
    #[inline]
    pub(super) fn row(&self, number: u32) -> &'v T {
        self.rows[number as usize].1
    }

    /// All rows, as they came.
    pub(super) fn into_rows(self) -> impl Iterator<Item = &'v T> {
        self.rows.into_iter().map(|(_, row)| row)
    }
}

#[inline]
fn is_value<V: Eq, S: Borrow<V>>(seen: &Option<S>, value: &V) -> bool {
    seen.as_ref().is_some_and(|seen| seen.borrow() == value)
}

/// What is in a chain has a value.
fn hash<V: Hash, S: Borrow<V>>(hashing: &Hashing, seen: &Option<S>) -> u64 {
    seen.as_ref().map_or(0, |seen| hashing.hash(seen.borrow()))
}
