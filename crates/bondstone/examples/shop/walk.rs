//! Every relation, walked from both ends; and what can be told by walking them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use bondstone::prelude::*;
use bondstone::{Fk, Many};

use crate::Outcome;
use crate::orders::{CartItem, Order, OrderItem};
use crate::page::{Kind, Page, Table, each, grouped, span, timed};
use crate::products::{Category, Product};
use crate::users::{Address, User};

/// Walks and tells.
pub fn show(page: &mut Page, db: &View) -> Outcome {
    relations(page, db)?;
    customers(page, db)?;
    departments(page, db)?;
    one_order(page, db)
}

fn relations(page: &mut Page, db: &View) -> Outcome {
    let columns = [
        ("relation", Kind::Text),
        ("and its inverse", Kind::Text),
        ("pairs", Kind::Number),
        ("for each", Kind::Time),
        ("and back", Kind::Time),
    ];
    let mut table = Table::new(&columns);
    let found = [
        both_ways(db, "user.addresses", "address.user", User::ADDRESSES, Address::USER_ID),
        both_ways(db, "user.orders", "order.user", User::ORDERS, Order::USER_ID),
        both_ways(db, "user.cart_items", "cart_item.user", User::CART_ITEMS, CartItem::USER_ID),
        both_ways(db, "address.orders", "order.address", Address::ORDERS, Order::ADDRESS_ID),
        both_ways(
            db,
            "category.children",
            "category.parent",
            Category::CHILDREN,
            Category::PARENT_ID,
        ),
        both_ways(
            db,
            "category.products",
            "product.category",
            Category::PRODUCTS,
            Product::CATEGORY_ID,
        ),
        both_ways(
            db,
            "product.cart_items",
            "cart_item.product",
            Product::CART_ITEMS,
            CartItem::PRODUCT_ID,
        ),
        both_ways(
            db,
            "product.order_items",
            "order_item.product",
            Product::ORDER_ITEMS,
            OrderItem::PRODUCT_ID,
        ),
        both_ways(db, "order.items", "order_item.order", Order::ITEMS, OrderItem::ORDER_ID),
    ];
    for Walked { names: (down, up), pairs, there, back } in found {
        if pairs.0 != pairs.1 {
            return Err(format!("{down} has {} pairs, {up} has {}", pairs.0, pairs.1).into());
        }
        let times = (each(there, pairs.0), each(back, pairs.1));
        table.row(&[&down, &up, &grouped(pairs.0), &times.0, &times.1]);
    }
    page.table(&table)?;
    Ok(())
}

/// A relation, walked from all parents and from all children.
struct Walked {
    names: (&'static str, &'static str),
    pairs: (usize, usize),
    there: Duration,
    back: Duration,
}

fn both_ways<P: Model, C: Model, N: Copy>(
    db: &View,
    down: &'static str,
    up: &'static str,
    children: Many<P, C>,
    parent: Fk<C, P, N>,
) -> Walked {
    let from_parents = || {
        let all = db.iter::<P>().flat_map(|row| children.of(row, db));
        all.fold(0, |pairs, _| pairs + 1)
    };
    let from_children = || db.iter::<C>().filter_map(|row| parent.of(row, db)).count();
    let (pairs_down, there) = timed(from_parents);
    let (pairs_up, back) = timed(from_children);
    Walked { names: (down, up), pairs: (pairs_down, pairs_up), there, back }
}

/// The best customers: user → orders → items.
fn customers(page: &mut Page, db: &View) -> Outcome {
    let (mut users, time) = timed(|| {
        let spent = |(user, orders): (_, Related<Order>)| {
            (orders.iter().map(|order| order.total(db)).sum::<Decimal>(), user, orders.count())
        };
        db.with_children(User::ORDERS).map(spent).collect::<Vec<(Decimal, &User, usize)>>()
    });
    users.sort_by_key(|(spent, user, _)| (Reverse(*spent), user.id));
    let columns = [
        ("best customers", Kind::Text),
        ("since", Kind::Text),
        ("orders", Kind::Number),
        ("spent", Kind::Number),
    ];
    let mut table = Table::new(&columns);
    for (spent, user, orders) in users.iter().take(5) {
        let since = user.created_at.strftime("%F");
        table.row(&[&user.full_name(), &since, orders, &grouped(spent)]);
    }
    page.table(&table)?;
    page.time(format!("(the orders of all users added up in {})", span(time)))?;
    Ok(())
}

/// What each department has sold: item → product → category → parent.
fn departments(page: &mut Page, db: &View) -> Outcome {
    let (sales, time) = timed(|| {
        let mut sales: BTreeMap<Option<Id<Category>>, (u32, Decimal)> = BTreeMap::new();
        for (item, product) in db.with_parent(OrderItem::PRODUCT_ID) {
            let category = product.and_then(|product| product.category(db));
            let department = category.and_then(|category| category.parent_id);
            let (units, revenue) = sales.entry(department).or_default();
            *units += item.quantity;
            *revenue += item.subtotal();
        }
        sales
    });
    let columns = [
        ("departments", Kind::Text),
        ("categories", Kind::Number),
        ("products", Kind::Number),
        ("in stock", Kind::Number),
        ("sold", Kind::Number),
        ("revenue", Kind::Number),
    ];
    let mut table = Table::new(&columns);
    for (department, (units, revenue)) in sales {
        let Some(department) = department.and_then(|id| db.get(id)) else { continue };
        let categories = department.children(db);
        let products = || categories.iter().flat_map(|category| category.products(db));
        let in_stock = products().filter(|product| product.is_in_stock()).count();
        let (count, sold) = (grouped(products().count()), grouped(units));
        let revenue = grouped(revenue);
        table.row(&[&department.name, &categories.count(), &count, &in_stock, &sold, &revenue]);
    }
    page.table(&table)?;
    page.time(format!("(the items of all orders joined with their products in {})", span(time)))?;
    Ok(())
}

/// One order, and everything that can be reached from it.
fn one_order(page: &mut Page, db: &View) -> Outcome {
    let large = db.iter::<Order>().find(|order| order.items(db).count() > 2);
    let Some(order) = large.or_else(|| db.iter().next()) else { return Ok(()) };
    let (user, address) = (order.user(db), order.address(db));
    let date = order.order_date.strftime("%F");
    page.text(format!("\n{} of {date}, {:?}", order.id, order.status))?;
    page.text(format!(
        "  by   {} <{}>: {} orders, {} addresses, {} lines in the cart",
        user.full_name(),
        user.email,
        user.orders(db).count(),
        user.addresses(db).count(),
        user.cart_items(db).count(),
    ))?;
    page.text(format!(
        "  to   {}, {} {}, {} (default: {}), where {} orders went",
        address.street,
        address.zip_code,
        address.city,
        address.country,
        if address.is_default { "yes" } else { "no" },
        address.orders(db).count(),
    ))?;
    let columns = [
        ("quantity", Kind::Number),
        ("product", Kind::Text),
        ("category", Kind::Text),
        ("price then", Kind::Number),
        ("now", Kind::Number),
        ("subtotal", Kind::Number),
    ];
    let mut table = Table::new(&columns);
    let mut items = order.items(db).all();
    items.sort_by_key(|item| item.id);
    for item in items {
        let product = item.product(db);
        let trail = product.category(db).map_or_else(String::new, |category| category.trail(db));
        let prices = (item.price, product.price, item.subtotal());
        table.row(&[&item.quantity, &product.name, &trail, &prices.0, &prices.1, &prices.2]);
    }
    for (name, amount) in [("shipping", order.shipping_fee), ("total", order.total(db))] {
        table.row(&[&"", &name, &"", &"", &"", &amount]);
    }
    page.table(&table)?;
    Ok(())
}
