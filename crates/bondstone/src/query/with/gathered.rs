//! The relatives of all rows, found in one pass over the relatives' table.

use bondstone_schema::Model;
use bondstone_storage::Slot;

use super::super::Spec;
use super::flat::{Flat, judge};
use crate::expression::At;
use crate::predicate::CHUNK;

/// All relatives that meet the conditions, sorted by the places of the rows they belong to.
pub struct Gathered<'v, C> {
    rows: Vec<&'v C>,
    /// Where those of each place begin; one more than there are places.
    starts: Vec<usize>,
}

/// Rows on their way in: judged by the chunk.
pub(super) struct Gathering<'v, 's, C> {
    spec: &'s Spec<'static, C>,
    at: At<'v, 's>,
    rows: Vec<&'v C>,
    places: Vec<Slot>,
    met: Vec<(Slot, &'v C)>,
}

impl<'v, 's, C: Model> Gathering<'v, 's, C> {
    pub(super) const fn new(spec: &'s Spec<'static, C>, at: At<'v, 's>) -> Self {
        Self { spec, at, rows: Vec::new(), places: Vec::new(), met: Vec::new() }
    }

    /// One more row, and the place of the row that it belongs to.
    #[inline]
    pub(super) fn push(&mut self, place: Slot, row: &'v C) {
        self.rows.push(row);
        self.places.push(place);
        if self.rows.len() == CHUNK {
            self.judge();
        }
    }

    fn judge(&mut self) {
        let mut left = judge(self.spec, &self.rows, self.at);
        while left != 0 {
            let nth = left.trailing_zeros() as usize;
            left &= left - 1;
            self.met.push((self.places[nth], self.rows[nth]));
        }
        self.rows.clear();
        self.places.clear();
    }

    /// Sorts what was left, by counting.
    pub(super) fn finish(mut self) -> Gathered<'v, C> {
        self.judge();
        let places = self.met.iter().map(|(place, _)| place.index() + 1).max().unwrap_or(0);
        let mut starts = vec![0; places + 1];
        for (place, _) in &self.met {
            starts[place.index() + 1] += 1;
        }
        for place in 0..places {
            starts[place + 1] += starts[place];
        }
        let Some(&(_, any)) = self.met.first() else {
            return Gathered { rows: Vec::new(), starts };
        };
        let mut rows = vec![any; self.met.len()];
        let mut next = starts.clone();
        for (place, row) in self.met {
            let next = &mut next[place.index()];
            rows[*next] = row;
            *next += 1;
        }
        Gathered { rows, starts }
    }
}

impl<'v, C> Gathered<'v, C> {
    /// Enters the relatives of these places.
    pub(super) fn enter(&self, places: &[Option<Slot>], flat: &mut Flat<'v, C>) {
        for place in places {
            let place = place.map_or(usize::MAX - 1, |place| place.index());
            if let (Some(start), Some(end)) = (self.starts.get(place), self.starts.get(place + 1)) {
                flat.rows.extend_from_slice(&self.rows[*start..*end]);
            }
            flat.close();
        }
    }
}
