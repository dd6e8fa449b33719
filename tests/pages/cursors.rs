//! Cursors as text: what is damaged or foreign is refused.

use bondstone::prelude::*;
use bondstone::{Cursor, CursorError, Order};

use super::models::*;

fn next(db: &View, order: Vec<Order<Item>>) -> Result<Cursor> {
    let next = db.query::<Item>().order_by(order).page(3, None)?.next;
    next.ok_or_else(|| "there are more rows".into())
}

#[test]
fn a_text_with_another_character_is_refused() -> Result {
    let db = filled(20)?;
    let text = next(&db.read(), vec![Item::LABEL.desc(), Item::PRICE.asc()])?.to_string();
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    for place in 0..text.len() {
        for byte in 0..128_u8 {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = byte;
            let damaged = String::from_utf8(bytes).unwrap();
            let parsed = damaged.parse::<Cursor>();
            assert_eq!(parsed.is_ok(), damaged == text, "{damaged}");
        }
        assert_eq!(text[..place].parse::<Cursor>(), Err(CursorError::Damaged));
        assert_eq!(text[place + 1..].parse::<Cursor>(), Err(CursorError::Damaged));
        let swapped = format!("{}ü{}", &text[..place], &text[place..]);
        assert_eq!(swapped.parse::<Cursor>(), Err(CursorError::Damaged));
    }
    assert_eq!(format!("{text}{text}").parse::<Cursor>(), Err(CursorError::Damaged));
    Ok(())
}

#[test]
fn a_cursor_of_another_order_or_model_is_refused() -> Result {
    let db = filled(20)?;
    let snap = db.read();
    let orders = item_orders();
    for (number, order) in orders.iter().enumerate() {
        let cursor = next(&snap, order.clone())?;
        for (other_number, other) in orders.iter().enumerate() {
            let page = snap.query::<Item>().order_by(other.clone()).page(3, Some(cursor.clone()));
            match page {
                Ok(_) => assert_eq!(number, other_number),
                Err(Error::Cursor(CursorError::OtherQuery(_))) => assert_ne!(number, other_number),
                Err(other) => return Err(other),
            }
        }
        let refused = snap.query::<Word>().page(3, Some(cursor)).unwrap_err();
        assert_eq!(refused.to_string(), "the cursor is not from this query: `words` by key");
    }
    Ok(())
}

#[test]
fn a_cursor_fits_other_conditions_and_later_views() -> Result {
    let db = filled(30)?;
    let cursor = next(&db.read(), vec![Item::SHELF.asc()])?;
    db.write(|tx| tx.update_where(Item::SHELF.eq(2), |item: &mut Item| item.shelf = 3))?;
    let snap = db.read();
    let some = snap.query().filter(Item::SHELF.eq(3)).order_by(Item::SHELF.asc());
    assert_eq!(some.clone().page(usize::MAX, Some(cursor))?.rows, some.order_by_key().all());
    Ok(())
}

#[test]
fn the_primary_key_ends_an_order() -> Result {
    let db = filled(20)?;
    let snap = db.read();
    let cursor =
        snap.query::<Item>().order_by((Item::ID.asc(), Item::NAME.asc())).page(3, None)?.next;
    let page =
        snap.query::<Item>().order_by((Item::ID.asc(), Item::TAGS.desc())).page(3, cursor)?;
    assert_eq!(page.rows, snap.query::<Item>().offset(3).order_by_key().limit(3).all());
    Ok(())
}

#[test]
fn what_a_cursor_cannot_hold_is_refused() -> Result {
    let db = filled(9)?;
    let snap = db.read();
    let error = |order: Order<Item>| {
        let items = snap.query::<Item>().order_by(order);
        items.page(1, None).unwrap_err().to_string()
    };
    let compared = |key: &str| {
        format!(
            "no page goes on by {key}: only the `Ord` of its type knows the order, and a cursor cannot hold it"
        )
    };
    assert_eq!(error(Item::TAGS.asc()), compared("`tags` of `items`"));
    assert_eq!(error(Item::MOOD.desc()), compared("`mood desc` of `items`"));
    assert_eq!(
        error(Item::SECRET.asc()),
        "no page goes on by `secret` of `items`: it is private, and a cursor would show it"
    );
    let shapes = snap.query::<Shape>().page(1, None).unwrap_err().to_string();
    assert_eq!(shapes, compared("`key` of `shapes`"));
    let none = snap.query::<Item>().page(0, None).unwrap_err();
    assert_eq!(none.to_string(), "a page has one row at least");
    assert!(matches!(none, Error::Cursor(CursorError::NoRows)));
    Ok(())
}
