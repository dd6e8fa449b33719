//! The ten queries, each one builder expression, two where the standard's query has another one inside (18 and 22).
//!
//! What a program without queries would write by hand, loops and maps, does not occur in this file.

use std::cmp::Reverse;

use bondstone::AutoKey;
use bondstone::prelude::*;

use crate::answers::{
    Approximate, LargeOrder, LateLines, LateOrders, LocalVolume, Opportunity, PricingSummary,
    ReturningCustomer, UnshippedOrder,
};
use crate::models::{Customer, LineItem, Nation, Order, Part, Region, Supplier};

/// The pricing summary: what was shipped until 90 days before 1998-12-01.
#[must_use]
pub fn q1(db: &View) -> Vec<PricingSummary> {
    db.query()
        .filter(LineItem::SHIP_DATE.le(date(1998, 9, 2)))
        .group_by((LineItem::RETURN_FLAG, LineItem::STATUS))
        .aggregate((
            LineItem::QUANTITY.sum(),
            LineItem::PRICE.sum(),
            LineItem::REVENUE.sum(),
            LineItem::CHARGE.sum(),
            LineItem::QUANTITY.avg(),
            LineItem::PRICE.avg(),
            LineItem::DISCOUNT.avg(),
            count(),
        ))
        .into_iter()
        .map(|((return_flag, status), sums)| PricingSummary {
            return_flag: *return_flag,
            status: *status,
            quantity: whole(sums.0),
            price: whole(sums.1),
            discounted: whole(sums.2),
            charged: whole(sums.3),
            average_quantity: average(sums.4),
            average_price: average(sums.5),
            average_discount: average(sums.6),
            lines: whole(sums.7),
        })
        .collect()
}

/// Shipping priority: the ten most valuable orders of builders that were not shipped by 1995-03-15.
#[must_use]
pub fn q3(db: &View) -> Vec<UnshippedOrder> {
    db.query()
        .filter(
            LineItem::SHIP_DATE.gt(date(1995, 3, 15))
                & LineItem::ORDER.is(Order::ORDER_DATE.lt(date(1995, 3, 15))
                    & Order::CUSTOMER.to(Customer::SEGMENT).eq("BUILDING")),
        )
        .group_by((
            LineItem::ORDER,
            LineItem::ORDER.to(Order::ORDER_DATE),
            LineItem::ORDER.to(Order::SHIP_PRIORITY),
        ))
        .aggregate(LineItem::REVENUE.sum())
        .top_by_key(10, |((_, order_date, _), revenue)| (Reverse(*revenue), **order_date))
        .into_iter()
        .map(|((order, order_date, ship_priority), revenue)| UnshippedOrder {
            order: number(*order),
            revenue: whole(revenue),
            order_date: *order_date,
            ship_priority: *ship_priority,
        })
        .collect()
}

/// Order priority checking: orders of the third quarter of 1993 with a line that came late.
#[must_use]
pub fn q4(db: &View) -> Vec<LateOrders> {
    db.query()
        .filter(
            Order::ORDER_DATE.within(date(1993, 7, 1)..date(1993, 10, 1))
                & Order::LINES.any(LineItem::COMMIT_DATE.lt(LineItem::RECEIPT_DATE)),
        )
        .group_by(Order::PRIORITY)
        .aggregate(count())
        .into_iter()
        .map(|(priority, orders)| LateOrders { priority: priority.clone(), orders: whole(orders) })
        .collect()
}

/// Local supplier volume: Asia in 1994.
#[must_use]
pub fn q5(db: &View) -> Vec<LocalVolume> {
    db.query()
        .filter(
            LineItem::ORDER.to(Order::ORDER_DATE).within(date(1994, 1, 1)..date(1995, 1, 1))
                & LineItem::SUPPLIER
                    .to(Supplier::NATION)
                    .eq(LineItem::ORDER.to(Order::CUSTOMER).to(Customer::NATION))
                & LineItem::SUPPLIER
                    .to(Supplier::NATION)
                    .to(Nation::REGION)
                    .to(Region::NAME)
                    .eq("ASIA"),
        )
        .group_by(LineItem::SUPPLIER.to(Supplier::NATION).to(Nation::NAME))
        .aggregate(LineItem::REVENUE.sum())
        .sort_by_key(|(_, revenue)| Reverse(*revenue))
        .into_iter()
        .map(|(nation, revenue)| LocalVolume { nation: nation.clone(), revenue: whole(revenue) })
        .collect()
}

/// Forecasting revenue change: what discounts of about six percent on small quantities cost in 1994, in hundredths of a
/// cent.
#[must_use]
pub fn q6(db: &View) -> i64 {
    whole(
        db.query()
            .filter(
                LineItem::SHIP_DATE.within(date(1994, 1, 1)..date(1995, 1, 1))
                    & LineItem::DISCOUNT.within(5..=7)
                    & LineItem::QUANTITY.lt(24),
            )
            .sum(LineItem::PRICE * LineItem::DISCOUNT),
    )
}

/// Returned item reporting: the twenty customers who cost most by what they returned of the fourth quarter of 1993.
#[must_use]
pub fn q10(db: &View) -> Vec<ReturningCustomer> {
    db.query()
        .filter(
            LineItem::RETURN_FLAG.eq('R')
                & LineItem::ORDER.to(Order::ORDER_DATE).within(date(1993, 10, 1)..date(1994, 1, 1)),
        )
        .group_by(LineItem::ORDER.to(Order::CUSTOMER))
        .aggregate(LineItem::REVENUE.sum())
        .top_by_key(20, |(_, revenue)| Reverse(*revenue))
        .into_iter()
        .map(|(customer, revenue)| returning(&db[*customer], whole(revenue), db))
        .collect()
}

fn returning(customer: &Customer, revenue: i64, db: &View) -> ReturningCustomer {
    ReturningCustomer {
        customer: number(customer.id),
        name: customer.name.clone(),
        revenue,
        balance: customer.balance,
        nation: customer.nation(db).name.clone(),
        address: customer.address.clone(),
        phone: customer.phone.clone(),
        comment: customer.comment.clone(),
    }
}

/// Shipping modes and order priority: late lines of 1994, by mail and by ship.
#[must_use]
pub fn q12(db: &View) -> Vec<LateLines> {
    db.query()
        .filter(
            LineItem::SHIP_MODE.in_(["MAIL", "SHIP"])
                & LineItem::COMMIT_DATE.lt(LineItem::RECEIPT_DATE)
                & LineItem::SHIP_DATE.lt(LineItem::COMMIT_DATE)
                & LineItem::RECEIPT_DATE.within(date(1994, 1, 1)..date(1995, 1, 1)),
        )
        .group_by(LineItem::SHIP_MODE)
        .aggregate((
            count_if(LineItem::ORDER.to(Order::PRIORITY).in_(["1-URGENT", "2-HIGH"])),
            count_if(!LineItem::ORDER.to(Order::PRIORITY).in_(["1-URGENT", "2-HIGH"])),
        ))
        .into_iter()
        .map(|(ship_mode, (urgent, other))| LateLines {
            ship_mode: ship_mode.clone(),
            urgent: whole(urgent),
            other: whole(other),
        })
        .collect()
}

/// Promotion effect: the share of promoted parts in the revenue of September 1995, in percent.
#[must_use]
pub fn q14(db: &View) -> Approximate {
    let (promoted, all) = db
        .query()
        .filter(LineItem::SHIP_DATE.within(date(1995, 9, 1)..date(1995, 10, 1)))
        .aggregate((
            sum_if(LineItem::REVENUE, LineItem::PART.to(Part::KIND).starts_with("PROMO")),
            LineItem::REVENUE.sum(),
        ));
    Approximate(100.0 * promoted as f64 / all as f64)
}

/// Large volume customer: orders of more than 300 pieces, the dearest first.
#[must_use]
pub fn q18(db: &View) -> Vec<LargeOrder> {
    let large =
        db.query().group_by(LineItem::ORDER).having(LineItem::QUANTITY.sum().gt(300)).keys();
    db.query()
        .filter(LineItem::ORDER.in_(large))
        .group_by((
            LineItem::ORDER,
            LineItem::ORDER.to(Order::TOTAL_PRICE),
            LineItem::ORDER.to(Order::ORDER_DATE),
        ))
        .aggregate(LineItem::QUANTITY.sum())
        .top_by_key(100, |((_, price, order_date), _)| (Reverse(**price), **order_date))
        .into_iter()
        .map(|((order, ..), quantity)| large_order(&db[*order], whole(quantity), db))
        .collect()
}

fn large_order(order: &Order, quantity: i64, db: &View) -> LargeOrder {
    LargeOrder {
        customer_name: order.customer(db).name.clone(),
        customer: number(order.customer),
        order: number(order.id),
        order_date: order.order_date,
        total_price: order.total_price,
        quantity,
    }
}

/// The countries of query 22.
const COUNTRIES: [u8; 7] = [13, 31, 23, 29, 30, 18, 17];

/// Global sales opportunity: customers of seven countries with more than the average balance who never ordered.
#[must_use]
pub fn q22(db: &View) -> Vec<Opportunity> {
    let average = db
        .query()
        .filter(Customer::COUNTRY_CODE.in_(COUNTRIES) & Customer::BALANCE.gt(0))
        .avg(Customer::BALANCE);
    db.query()
        .filter(
            Customer::COUNTRY_CODE.in_(COUNTRIES)
                & Customer::BALANCE.cast::<f64>().gt(average)
                & Customer::ORDERS.is_empty(),
        )
        .group_by(Customer::COUNTRY_CODE)
        .aggregate((count(), Customer::BALANCE.sum()))
        .into_iter()
        .map(|(country_code, (customers, balance))| Opportunity {
            country_code: format!("{country_code:02}"),
            customers: whole(customers),
            balance: whole(balance),
        })
        .collect()
}

fn date(year: i16, month: i8, day: i8) -> Date {
    Date::constant(year, month, day)
}

fn number<M: Model<Key = AutoKey>>(id: Id<M>) -> i64 {
    whole(id.get())
}

/// A sum is wider than what is summed up; those of TPC-H fit all the same.
fn whole<N: TryInto<i64>>(sum: N) -> i64 {
    sum.try_into().ok().expect("sums of TPC-H fit into 64 bits")
}

/// The average of a group, which has rows.
fn average(of_group: Option<f64>) -> Approximate {
    Approximate(of_group.unwrap_or(f64::NAN))
}
