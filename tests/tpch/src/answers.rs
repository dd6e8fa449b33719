//! What the queries answer, whoever answers: one struct for the rows of each query, with the columns in the standard's
//! order. Query 6 answers an integer and query 14 an [`Approximate`].
//!
//! A price is in cents, a revenue, which is discounted, in hundredths of a cent.

use bondstone::prelude::*;
use rusqlite::Row;
use rusqlite::types::Type;

/// A float that equals another one when they differ by a billionth at most, so that averages can be compared which were
/// summed up in another order.
#[derive(Clone, Copy, Debug)]
pub struct Approximate(pub f64);

impl PartialEq for Approximate {
    fn eq(&self, other: &Self) -> bool {
        (self.0 - other.0).abs() <= 1e-9 * self.0.abs().max(other.0.abs())
    }
}

/// A row of an answer.
pub(crate) trait Answer: Sized {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self>;
}

/// What stands in one column of an answer.
trait Cell: Sized {
    fn read(row: &Row<'_>, column: usize) -> rusqlite::Result<Self>;
}

macro_rules! cells {
    (as_they_are $($stored:ty),+; as_text $($parsed:ty),+) => {
        $(impl Cell for $stored {
            fn read(row: &Row<'_>, column: usize) -> rusqlite::Result<Self> {
                row.get(column)
            }
        })+
        $(impl Cell for $parsed {
            fn read(row: &Row<'_>, column: usize) -> rusqlite::Result<Self> {
                row.get_ref(column)?.as_str()?.parse().map_err(|error| {
                    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
                })
            }
        })+
    };
}

cells!(as_they_are i64, String; as_text char, Date);

impl Cell for Approximate {
    fn read(row: &Row<'_>, column: usize) -> rusqlite::Result<Self> {
        row.get(column).map(Self)
    }
}

macro_rules! answers {
    ($($(#[$about:meta])* $name:ident { $($(#[$on:meta])* $field:ident: $cell:ty,)+ })*) => {$(
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[$on])* pub $field: $cell,)+
        }

        impl Answer for $name {
            fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
                let mut columns = 0..;
                let mut next = || columns.next().expect("there is always another number");
                Ok(Self { $($field: Cell::read(row, next())?),+ })
            }
        }
    )*};
}

answers! {
    /// Query 1, the pricing summary: what was shipped, by flag and status.
    PricingSummary {
        /// Of all lines in the group.
        return_flag: char,
        /// Of all lines in the group.
        status: char,
        /// Pieces.
        quantity: i64,
        /// In cents.
        price: i64,
        /// In hundredths of a cent.
        discounted: i64,
        /// With tax, in ten-thousandths of a cent.
        charged: i64,
        /// Pieces for each line.
        average_quantity: Approximate,
        /// Cents for each line.
        average_price: Approximate,
        /// In percent.
        average_discount: Approximate,
        /// Lines.
        lines: i64,
    }

    /// Query 3, shipping priority: an order that was not shipped yet.
    UnshippedOrder {
        /// Its number.
        order: i64,
        /// Of the lines still to be shipped.
        revenue: i64,
        /// When it was ordered.
        order_date: Date,
        /// As ordered.
        ship_priority: i64,
    }

    /// Query 4, order priority checking: how many orders were late, by priority.
    LateOrders {
        /// Of the orders.
        priority: String,
        /// How many.
        orders: i64,
    }

    /// Query 5, local supplier volume: what suppliers sold to customers of their own nation.
    LocalVolume {
        /// The nation's name.
        nation: String,
        /// In hundredths of a cent.
        revenue: i64,
    }

    /// Query 10, returned item reporting: a customer who sent things back.
    ReturningCustomer {
        /// The customer's number.
        customer: i64,
        /// The customer's name.
        name: String,
        /// That was lost.
        revenue: i64,
        /// In cents.
        balance: i64,
        /// The nation's name.
        nation: String,
        /// Where the customer is.
        address: String,
        /// How to ask why.
        phone: String,
        /// About the customer.
        comment: String,
    }

    /// Query 12, shipping modes and order priority: late lines by how they were shipped.
    LateLines {
        /// How.
        ship_mode: String,
        /// Lines of urgent orders.
        urgent: i64,
        /// Lines of other orders.
        other: i64,
    }

    /// Query 18, large volume customer: an order of many pieces.
    LargeOrder {
        /// The customer's name.
        customer_name: String,
        /// The customer's number.
        customer: i64,
        /// Its number.
        order: i64,
        /// When it was ordered.
        order_date: Date,
        /// In cents.
        total_price: i64,
        /// Pieces.
        quantity: i64,
    }

    /// Query 22, global sales opportunity: customers with money who never ordered, by country.
    Opportunity {
        /// The first two digits of the phone number.
        country_code: String,
        /// How many.
        customers: i64,
        /// In cents.
        balance: i64,
    }
}
