//! The groups of a query: a list to read, to sort in other ways, to cut.

use std::ops::Deref;

/// Groups, each a key and what its rows have together: what [`GroupBy::aggregate`](crate::GroupBy::aggregate) gives.
///
/// They are a list in the order of their keys: iterate over it, or use it as a slice. Its own methods put it into another
/// order, for the ten largest for instance:
///
/// ```
#[doc = include_str!("../../example.txt")]
/// use std::cmp::Reverse;
///
/// for email in ["bob@x.org", "eve@x.org"] {
///     let user_id = db.write(|tx| tx.insert(NewUser { email: email.into() }))?;
///     db.write(|tx| tx.insert(NewOrder { user_id, quantity: email.len() as u32 }))?;
/// }
/// db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 100 }))?;
/// let snap = db.read();
/// let top = snap
///     .query()
///     .group_by(Order::USER_ID.to(User::EMAIL))
///     .aggregate(Order::QUANTITY.sum())
///     .top_by_key(2, |(_, pieces)| Reverse(*pieces));
/// assert_eq!(top[..], [(&"ann@x.org".into(), 100), (&"bob@x.org".into(), 9)]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups<K, R> {
    groups: Vec<(K, R)>,
}

impl<K, R> Groups<K, R> {
    /// The groups in another order. Those that agree in it stay as they are: in key order, to begin with. O(n log n).
    #[must_use]
    pub fn sort_by_key<O: Ord>(mut self, order: impl FnMut(&(K, R)) -> O) -> Self {
        self.groups.sort_by_cached_key(order);
        self
    }

    /// The groups in another order, given by comparison: of floats for instance, `|a, b| b.1.total_cmp(&a.1)`.
    #[must_use]
    pub fn sort_by(mut self, compare: impl FnMut(&(K, R), &(K, R)) -> std::cmp::Ordering) -> Self {
        self.groups.sort_by(compare);
        self
    }

    /// The first so many groups of another order, in that order: the same as [`sort_by_key`](Groups::sort_by_key) and
    /// [`limit`](Groups::limit), in O(n + count · log count).
    #[must_use]
    pub fn top_by_key<O: Ord>(self, count: usize, mut order: impl FnMut(&(K, R)) -> O) -> Self {
        let groups = self.groups.into_iter().enumerate();
        // With its place behind the key, no two are equal, and those that agree stay as they are.
        let mut keyed: Vec<_> =
            groups.map(|(place, group)| ((order(&group), place), group)).collect();
        if count < keyed.len() {
            keyed.select_nth_unstable_by(count, |left, right| left.0.cmp(&right.0));
            keyed.truncate(count);
        }
        keyed.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        keyed.into_iter().map(|(_, group)| group).collect()
    }

    /// The first so many groups.
    #[must_use]
    pub fn limit(mut self, count: usize) -> Self {
        self.groups.truncate(count);
        self
    }

    /// The groups as a list of one's own.
    #[must_use]
    pub fn into_vec(self) -> Vec<(K, R)> {
        self.groups
    }
}

impl<K, R> Deref for Groups<K, R> {
    type Target = [(K, R)];

    fn deref(&self) -> &[(K, R)] {
        &self.groups
    }
}

impl<K, R> FromIterator<(K, R)> for Groups<K, R> {
    fn from_iter<I: IntoIterator<Item = (K, R)>>(groups: I) -> Self {
        Self { groups: groups.into_iter().collect() }
    }
}

impl<K, R> IntoIterator for Groups<K, R> {
    type Item = (K, R);
    type IntoIter = std::vec::IntoIter<(K, R)>;

    fn into_iter(self) -> Self::IntoIter {
        self.groups.into_iter()
    }
}

impl<'a, K, R> IntoIterator for &'a Groups<K, R> {
    type Item = &'a (K, R);
    type IntoIter = std::slice::Iter<'a, (K, R)>;

    fn into_iter(self) -> Self::IntoIter {
        self.groups.iter()
    }
}
