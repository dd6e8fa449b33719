//! From cart to order: one transaction that leaves the cart empty and the stock lower, or everything as it was.

use bondstone::Result;
use bondstone::prelude::*;

use super::{CartItem, NewCartItem, NewOrder, NewOrderItem, Order};
use crate::products::Product;
use crate::users::{Address, User};

/// Sending is free from here on.
const FREE_FROM: Decimal = dec!(60);
const SHIPPING_FEE: Decimal = dec!(4.90);

/// Puts a product into a cart; if it is there already, one more of it.
pub fn add_to_cart(tx: &mut Tx, user: Id<User>, product: Id<Product>) -> Result<Id<CartItem>> {
    let line = NewCartItem { user_id: user, product_id: product };
    Ok(tx.upsert(CartItem::CART_LINE, line, |line| line.quantity += 1)?.id())
}

/// Makes an order of all that is in a user's cart.
///
/// Prices are copied: what was bought keeps its price. Refused when the cart is empty or a product is sold out.
pub fn place_order(tx: &mut Tx, user: Id<User>, address: Id<Address>) -> Result<Id<Order>> {
    let customer = tx.get(user).ok_or_else(|| Error::NotFound(user.to_string()))?;
    // What the transaction lends cannot be held while it writes, so the lines are copied.
    let cart: Vec<CartItem> = customer.cart_items(tx).into_iter().cloned().collect();
    if cart.is_empty() {
        return Err("there is nothing in the cart".into());
    }
    let subtotal: Decimal = cart.iter().map(|line| line.subtotal(tx)).sum();
    let order = tx.insert_with(NewOrder { user_id: user, address_id: address }, |order| {
        order.shipping_fee = shipping_fee(subtotal);
    })?;
    for CartItem { id, product_id, quantity, .. } in cart {
        let price = take_from_stock(tx, product_id, quantity)?;
        tx.insert(NewOrderItem { order_id: order, product_id, quantity, price })?;
        tx.delete(id)?;
    }
    Ok(order)
}

/// What sending goods of this value costs.
pub fn shipping_fee(subtotal: Decimal) -> Decimal {
    if subtotal >= FREE_FROM { Decimal::ZERO } else { SHIPPING_FEE }
}

/// Takes so many of a product from the shelf; its price. Refused if there are not as many.
fn take_from_stock(tx: &mut Tx, product: Id<Product>, quantity: u32) -> Result<Decimal> {
    let product = tx.try_update(product, |product| {
        let left = product.stock.checked_sub(quantity).ok_or_else(|| {
            format!("{}: {quantity} wanted, {} left", product.name, product.stock)
        })?;
        product.stock = left;
        Ok(())
    })?;
    Ok(product.price)
}
