//! The order of a query that is paged: what was asked for, and the primary key, so that no two rows are the same in it.

use bondstone_schema::{KeyBuf, Model};

use super::cursor::{Cursor, CursorError, Part};
use super::text;
use crate::expression::{Access, At};
use crate::query::order::{NoEncoding, Order};

/// An order in which no two rows are the same.
pub(super) struct Sequence<M> {
    orders: Vec<Order<M>>,
    /// Of the model, and of what rows are ordered by.
    fingerprint: u64,
}

impl<M: Model> Sequence<M> {
    /// The sequence in an order, if a cursor can hold it.
    pub(super) fn of(order: &[Order<M>]) -> Result<Self, CursorError> {
        // What comes after the primary key means nothing.
        let orders = match order.iter().position(is_primary_key) {
            Some(key) => order[..=key].to_vec(),
            None => order.iter().cloned().chain([Order::by_key(false)]).collect(),
        };
        // Of this form of cursors.
        let mut described = format!("1 {}", M::DEFINITION.name);
        for order in &orders {
            let encoding = order.encoding().map_err(|reason| refused(order, reason))?;
            described += &format!("\n{}\n{encoding}", order.text());
        }
        Ok(Self { orders, fingerprint: text::fingerprint(&described) })
    }

    /// The keys, the primary one last.
    pub(super) fn orders(&self) -> &[Order<M>] {
        &self.orders
    }

    /// Is the cursor one of this sequence?
    pub(super) fn verify(&self, cursor: &Cursor) -> Result<(), CursorError> {
        if cursor.fingerprint == self.fingerprint && cursor.parts.len() == self.orders.len() {
            return Ok(());
        }
        Err(CursorError::OtherQuery(self.text().into()))
    }

    /// Where a row stands.
    pub(super) fn cursor(&self, row: &M, passed: u64, at: At<'_, '_>) -> Cursor {
        let parts = self.orders.iter().map(|order| part(order, row, at)).collect();
        Cursor { fingerprint: self.fingerprint, passed, parts }
    }

    fn text(&self) -> String {
        let orders: Vec<String> = self.orders.iter().map(Order::text).collect();
        format!("`{}` by {}", M::DEFINITION.name, orders.join(", "))
    }
}

/// Is it by the primary key, one column that is?
fn is_primary_key<M: Model>(order: &Order<M>) -> bool {
    match order.access() {
        Access::Key => true,
        Access::Column(column) | Access::ForeignKey(column, _) => {
            M::DEFINITION.key.index.columns == [column]
        }
        Access::Hybrid(_) | Access::None => false,
    }
}

fn refused<M: Model>(order: &Order<M>, reason: NoEncoding) -> CursorError {
    let key = format!("`{}` of `{}`", order.text(), M::DEFINITION.name).into();
    match reason {
        NoEncoding::Compared => CursorError::Compared(key),
        NoEncoding::Private => CursorError::Private(key),
    }
}

fn part<M: Model>(order: &Order<M>, row: &M, at: At<'_, '_>) -> Part {
    let (mut whole, mut last) = (KeyBuf::new(), KeyBuf::new());
    if !order.encode(row, at, false, &mut whole) {
        return Part::Null;
    }
    order.encode(row, at, true, &mut last);
    Part::Value { open: whole != last, bytes: whole.bytes().into() }
}
