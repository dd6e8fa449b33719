//! Pages: a part of a query's rows, and a cursor from which the next part goes on.
//!
//! A page does not go on *at a number of rows*, as with an offset, but *behind a row*: the cursor holds the values by which
//! the last row stood where it stood, and its primary key. So nothing that is inserted or deleted in front of it moves what
//! comes next, and an index may begin there.
//!
//! ```text
//! order_by(..) ──► Sequence: no two rows are the same in it ──► Cursor: the last row's values, as text
//!                  the keys, and the primary key                   │
//! filter ◄── After: rows that stand behind ◄───────────────────────┘
//! ```
//!
//! Values are held and compared as the bytes by which ordered indexes know them; none is ever decoded. So no text that
//! somebody made up can do more than say where a page begins.

mod after;
mod cursor;
mod sequence;
mod text;

use bondstone_schema::Model;

use super::plan::Sorting;
use super::sort;
use super::{Query, Spec};
use crate::error::Result;
use crate::expression::{At, NO_PARAMETERS};
use sequence::Sequence;

pub use cursor::{Cursor, CursorError};

/// Some of a query's rows, and where the next ones begin: what [`Query::page`] gives.
#[derive(Clone, Debug)]
pub struct Page<'v, M> {
    /// The rows.
    pub rows: Vec<&'v M>,
    /// From here the next page goes on; `None` if there are no more rows.
    pub next: Option<Cursor>,
}

impl<'v, M: Model> Query<'v, M> {
    /// A page of so many rows: the first ones, or those behind a cursor that another page gave.
    ///
    /// Rows come in the order that is asked for, and those that agree in it by their primary keys. They go on behind the last
    /// row that was handed out, whether it still exists or not: rows that are inserted, deleted or changed in between neither
    /// repeat others nor make them be skipped. If nothing changes, all pages together are [`all`](Query::all) rows of the query
    /// so ordered; a [`limit`](Query::limit) counts for all pages together, and an [`offset`](Query::offset) for the first.
    ///
    /// A cursor is kept as text, in a link for instance, and tells nobody more than the values by which rows are ordered, which
    /// it holds. It fits each query of the same model and the same order, whatever its conditions, in this or another view.
    ///
    /// Where an index has the order, O(rows of the page), and those that agree with its first and its last row in what is
    /// ordered by; a condition that the index does not serve, and nulls where the index does not have them, cost more. Else O(n)
    /// for each page.
    ///
    /// # Errors
    /// [`Error::Cursor`](crate::Error::Cursor): the cursor is from a query of another model or in another order; a key of the
    /// order cannot be kept in a cursor, since its type has an `Ord` of its own or its column is private; a page of no rows.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// use bondstone::Cursor;
    ///
    /// db.write(|tx| {
    ///     let emails = ["bob@x.org", "eve@x.org", "joe@x.org"];
    ///     tx.insert_all(emails.map(|email| NewUser { email: email.into() })).map(drop)
    /// })?;
    /// let page = |after: Option<Cursor>| {
    ///     let snap = db.read();
    ///     let page = snap.query::<User>().order_by((User::AGE.desc(), User::EMAIL.asc())).page(3, after)?;
    ///     let emails: Vec<String> = page.rows.iter().map(|user| user.email.clone()).collect();
    ///     Ok::<_, Error>((emails, page.next))
    /// };
    /// let (emails, next) = page(None)?;
    /// assert_eq!(emails, ["ann@x.org", "bob@x.org", "eve@x.org"]);
    /// let link = next.map(|next| format!("/users?after={next}")).expect("a row is left");
    ///
    /// db.write(|tx| tx.delete(ann).map(drop))?;
    /// let (_, after) = link.split_once('=').expect("as above");
    /// let (emails, next) = page(Some(after.parse()?))?;
    /// assert_eq!((emails, next), (vec!["joe@x.org".to_owned()], None));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn page(mut self, rows: usize, after: Option<Cursor>) -> Result<Page<'v, M>> {
        if rows == 0 {
            return Err(CursorError::NoRows.into());
        }
        let sequence = Sequence::of(&self.spec.order)?;
        if let Some(cursor) = &after {
            sequence.verify(cursor)?;
            self = self.behind(cursor, &sequence);
        }
        let left = self.spec.limit.unwrap_or(usize::MAX);
        // Of a query without a limit nobody asks how many rows there were.
        let is_limited = self.spec.limit.is_some();
        let passed = after.map_or(0, |cursor| cursor.passed).saturating_add(rows as u64);

        let (view, parameters) = (self.view(), self.parameters.clone());
        let at = At { view, parameters: parameters.as_deref().unwrap_or(NO_PARAMETERS) };
        // One more than the page has, to know of it.
        let mut found = self.rows_in(&sequence, rows.saturating_add(1).min(left), at);
        let next = (found.len() > rows).then(|| {
            let passed = if is_limited { passed } else { 0 };
            sequence.cursor(found[rows - 1], passed, at)
        });
        found.truncate(rows);
        Ok(Page { rows: found, next })
    }

    /// The rows behind a cursor.
    fn behind(mut self, cursor: &Cursor, sequence: &Sequence<M>) -> Self {
        let passed = usize::try_from(cursor.passed).unwrap_or(usize::MAX);
        self.spec.offset = 0;
        self.spec.limit = self.spec.limit.map(|limit| limit.saturating_sub(passed));
        self.filter(sequence.after(cursor))
    }

    /// So many of the first rows of a sequence.
    fn rows_in(mut self, sequence: &Sequence<M>, wanted: usize, at: At<'v, '_>) -> Vec<&'v M> {
        if let Some(rows) = self.rows_by_index(sequence, wanted, at) {
            return rows;
        }
        self.spec.order = sequence.orders().to_vec();
        self.spec.limit = Some(wanted);
        self.all()
    }

    /// The same, if an index has the order but for the primary key, and it is the best way: then rows are read until there are
    /// enough, and all that agree with the last of them.
    fn rows_by_index(
        &self,
        sequence: &Sequence<M>,
        wanted: usize,
        at: At<'v, '_>,
    ) -> Option<Vec<&'v M>> {
        let (_key, order) = sequence.orders().split_last()?;
        if order.is_empty() || wanted == 0 {
            return None;
        }
        let wanted = self.spec.offset.saturating_add(wanted);
        let spec =
            Spec { order: order.to_vec(), offset: 0, limit: Some(wanted), ..self.spec.clone() };
        let mut query = Query { spec, ..self.clone() }.normal();
        let choice = query.choose()?;
        if choice.sorting != Sorting::Nothing {
            return None;
        }
        query.limit = None;

        let mut rows: Vec<&M> = Vec::new();
        for row in query.run(&choice) {
            let last = wanted.checked_sub(1).and_then(|last| rows.get(last));
            let agrees = |last: &M| order.iter().all(|key| key.compare(last, row, at).is_eq());
            if last.is_some_and(|last| !agrees(last)) {
                break;
            }
            rows.push(row);
        }
        sort::sort(&mut rows, sequence.orders(), at);
        rows.truncate(wanted);
        Some(rows.split_off(self.spec.offset.min(rows.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::cursor::Part;
    use super::*;
    use crate::prelude::*;

    #[derive(Clone, Debug, PartialEq, Model)]
    #[table("rows")]
    #[index(by_both: text, number)]
    struct Row {
        #[key]
        id: Id<Row>,
        #[index]
        text: Option<String>,
        #[index]
        number: i64,
    }

    fn orders() -> Vec<Vec<crate::Order<Row>>> {
        vec![
            vec![],
            vec![Row::ID.desc()],
            vec![Row::TEXT.asc()],
            vec![Row::TEXT.desc()],
            vec![Row::TEXT.asc(), Row::NUMBER.asc()],
            vec![Row::NUMBER.asc()],
            vec![Row::NUMBER.desc(), Row::TEXT.desc()],
        ]
    }

    fn filled() -> Result<Database> {
        let db = Database::builder().models::<Row>().in_memory()?;
        let row = |number: i64| NewRow {
            text: (number % 4 > 0).then(|| "\0".repeat(number as usize % 3)),
            number: number % 7 - 3,
        };
        db.write(|tx| tx.insert_all((0..50).map(row)).map(drop))?;
        Ok(db)
    }

    /// Values of every length, right ones and wrong ones.
    fn made_up_parts() -> Vec<Part> {
        let bytes =
            [&[][..], &[0], &[255], &[0, 255], &[0, 1], &[0; 8], &[127; 8], &[255; 8], &[9; 300]];
        let values = bytes
            .into_iter()
            .flat_map(|bytes| [true, false].map(|open| Part::Value { bytes: bytes.into(), open }));
        values.chain([Part::Null]).collect()
    }

    /// A cursor that somebody made up, with the right fingerprint and sum, says where a page begins and nothing else.
    #[test]
    fn cursors_that_were_made_up_do_no_harm() -> Result<()> {
        let db = filled()?;
        let snap = db.read();
        for order in orders() {
            let query = snap.query::<Row>().order_by(order);
            let all = query.clone().order_by_key().all();
            let next = query.clone().page(1, None)?.next.expect("there are more rows");
            for (part, passed) in
                made_up_parts().into_iter().zip([0, 1, u64::MAX >> 1].into_iter().cycle())
            {
                for place in 0..next.parts.len() {
                    let mut cursor = Cursor { passed, ..next.clone() };
                    cursor.parts[place] = part.clone();
                    let cursor: Cursor = cursor.to_string().parse()?;
                    let rows = query.clone().page(usize::MAX, Some(cursor))?.rows;
                    assert!(all.ends_with(&rows));
                }
            }
            let more = [next.parts.clone(), next.parts.clone()].concat();
            for parts in [Vec::new(), more] {
                let cursor = Cursor { parts, ..next.clone() };
                assert!(matches!(
                    query.clone().page(1, Some(cursor)),
                    Err(Error::Cursor(CursorError::OtherQuery(_)))
                ));
            }
        }
        Ok(())
    }
}
