//! Between two pages everything changes but some rows: each of these comes once, in its place.

use std::collections::HashSet;

use bondstone::prelude::*;
use bondstone::{Cursor, Order};
use bondstone_tests::dice::Dice;

use super::models::*;

/// Rows with these keys stay as they are.
fn stays(item: &Item) -> bool {
    item.id.get() <= 80 && item.id.get().is_multiple_of(2)
}

/// Inserts, updates and deletes rows other than those that stay.
fn disturb(tx: &mut Tx, dice: &mut Dice) -> Result {
    for _ in 0..dice.roll(6) {
        tx.insert(new_item(dice))?;
    }
    let others: Vec<Id<Item>> = tx.query().filter_fn(|item| !stays(item)).ids();
    for id in others {
        // The first is the whole of which others are parts.
        match dice.roll(12) {
            0 if id.get() > 1 => {
                tx.delete_where(Use::ITEM_ID.eq(id))?;
                tx.delete(id)?;
            }
            1..4 => {
                let other = new_item(dice);
                tx.update(id, |item| {
                    (item.name, item.rank, item.label) = (other.name, other.rank, other.label);
                    (item.shelf, item.weight, item.price) =
                        (other.shelf, other.weight, other.price);
                    (item.color, item.word_id) = (other.color, other.word_id);
                })
                .map(drop)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn ids<'a>(rows: impl IntoIterator<Item = &'a Item>) -> Vec<u64> {
    rows.into_iter().filter(|item| stays(item)).map(|item| item.id.get()).collect()
}

fn verify(order: &[Order<Item>], size: usize, seed: u64) -> Result {
    let (db, mut dice) = (filled(90)?, Dice(seed));
    let query = |view: &View, cursor: Option<Cursor>| -> Result<_> {
        let page = view.query::<Item>().order_by(order.to_vec()).page(size, cursor)?;
        Ok((page.rows.into_iter().cloned().collect::<Vec<Item>>(), page.next))
    };
    let expected = ids(db.read().query().order_by(order.to_vec()).order_by_key().all());
    let (mut met, mut cursor) = (Vec::new(), None);
    loop {
        let (rows, next) = query(&db.read(), cursor)?;
        met.extend(ids(&rows));
        let Some(next) = next else { break };
        cursor = Some(next);
        db.write(|tx| disturb(tx, &mut dice))?;
        // What comes next begins with the rows of the transaction, too.
        let in_tx = db.write(|tx| query(tx, cursor.clone()))?;
        assert_eq!(in_tx, query(&db.read(), cursor.clone())?);
        assert!(met.len() <= expected.len());
    }
    assert_eq!(met, expected);
    Ok(())
}

#[test]
fn rows_that_stay_come_once_in_their_place() -> Result {
    for (seed, order) in item_orders().into_iter().enumerate() {
        // How many parts there are changes with other rows.
        if order.iter().any(|key| format!("{key:?}").contains("part_count")) {
            continue;
        }
        for size in [3, 7] {
            verify(&order, size, seed as u64)?;
        }
    }
    Ok(())
}

#[test]
fn the_row_of_the_cursor_may_go_or_move() -> Result {
    for deleted in [true, false] {
        let db = filled(50)?;
        let order = || (Item::RANK.desc(), Item::NAME.asc());
        let all = db.read().query().order_by(order()).order_by_key().ids();
        let all: Vec<u64> = all.into_iter().map(Id::get).collect();
        let page = db.read().query::<Item>().order_by(order()).page(20, None)?.next;
        let last = Id::from_u64(all[19]).unwrap();
        db.write(|tx| {
            tx.delete_where(Use::ITEM_ID.eq(last))?;
            if deleted && last.get() > 1 {
                return tx.delete(last).map(drop);
            }
            tx.update(last, |item| item.rank = Some(i16::MAX)).map(drop)
        })?;
        let snap = db.read();
        let rest = snap.query::<Item>().order_by(order()).page(usize::MAX, page)?;
        let rest: Vec<u64> = rest.rows.iter().map(|item| item.id.get()).collect();
        assert_eq!(rest, all[20..]);
    }
    Ok(())
}

#[test]
fn what_is_inserted_behind_the_cursor_comes_and_what_is_in_front_does_not() -> Result {
    let db = filled(40)?;
    let dice = &mut Dice(1);
    let next = db.read().query::<Item>().order_by(Item::SHELF.asc()).page(15, None)?.next;
    let (front, behind) = db.write(|tx| {
        let front = tx.insert(NewItem { shelf: 0, ..new_item(dice) })?;
        Ok((front, tx.insert(NewItem { shelf: 200, ..new_item(dice) })?))
    })?;
    let snap = db.read();
    let mut last = snap.query::<Item>().order_by(Item::SHELF.asc()).page(usize::MAX, next)?;
    assert_eq!(last.rows.pop().map(|item| item.id), Some(behind));
    let met: HashSet<_> = last.rows.iter().map(|item| item.id).collect();
    assert!(!met.contains(&front) || last.rows[0].shelf == 0);
    Ok(())
}
