//! Where rows come from before they are judged.

use bondstone_schema::Model;
use bondstone_storage::Rows;

use crate::related::RelatedIter;

/// Rows in the order of an access path.
pub(crate) enum Source<'v, M> {
    /// All rows of the table.
    Table(Rows<'v, M>),
    /// Those that a row is related to.
    Related(RelatedIter<'v, M>),
    /// Rows that were collected, sorted for instance.
    List(std::vec::IntoIter<&'v M>),
}

impl<'v, M: Model> Iterator for Source<'v, M> {
    type Item = &'v M;

    #[inline]
    fn next(&mut self) -> Option<&'v M> {
        match self {
            Self::Table(rows) => rows.next(),
            Self::Related(rows) => rows.next(),
            Self::List(rows) => rows.next(),
        }
    }
}

impl<'v, M: Model> Source<'v, M> {
    /// Takes up to `count` rows.
    pub(crate) fn take_into(&mut self, count: usize, rows: &mut Vec<&'v M>) {
        match self {
            Self::Table(source) => rows.extend(source.take(count)),
            Self::Related(source) => rows.extend(source.take(count)),
            Self::List(source) => rows.extend(source.take(count)),
        }
    }
}
