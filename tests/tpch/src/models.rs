//! The eight tables, as an owner would declare them.
//!
//! Keys are TPC-H's own. Regions and nations count from 0, so theirs are natural keys; the others count from 1 and are the
//! engine's numbers, given by the row. A line is supplied by a [`PartSupp`], whose key it holds in two columns: they are
//! foreign keys one by one, and [`LineItem::part_supp`] finds the pair.
//!
//! Beside keys and foreign keys, dates are indexed: those that queries choose by.

use bondstone::prelude::*;

/// A part of the world.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("region")]
#[has_many(nations: Nation)]
pub struct Region {
    /// `r_regionkey`, from 0.
    #[key]
    pub key: i64,
    /// `r_name`
    pub name: String,
    /// `r_comment`
    pub comment: String,
}

/// A nation of a region.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("nation")]
#[has_many(suppliers: Supplier, customers: Customer)]
pub struct Nation {
    /// `n_nationkey`, from 0.
    #[key]
    pub key: i64,
    /// `n_name`
    pub name: String,
    /// `n_regionkey`
    pub region: Id<Region>,
    /// `n_comment`
    pub comment: String,
}

/// Somebody who supplies parts.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("supplier")]
#[has_many(supplies: PartSupp, parts: Part via PartSupp, lines: LineItem)]
pub struct Supplier {
    /// `s_suppkey`
    #[key]
    pub id: Id<Supplier>,
    /// `s_name`
    pub name: String,
    /// `s_address`
    pub address: String,
    /// `s_nationkey`
    pub nation: Id<Nation>,
    /// `s_phone`
    pub phone: String,
    /// `s_acctbal`, in cents.
    pub balance: i64,
    /// `s_comment`
    pub comment: String,
}

/// What is sold.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("part")]
#[has_many(supplies: PartSupp, suppliers: Supplier via PartSupp, lines: LineItem)]
pub struct Part {
    /// `p_partkey`
    #[key]
    pub id: Id<Part>,
    /// `p_name`
    pub name: String,
    /// `p_mfgr`
    pub manufacturer: String,
    /// `p_brand`
    pub brand: String,
    /// `p_type`: three words, such as `PROMO BRUSHED STEEL`.
    pub kind: String,
    /// `p_size`
    pub size: i64,
    /// `p_container`
    pub container: String,
    /// `p_retailprice`, in cents.
    pub retail_price: i64,
    /// `p_comment`
    pub comment: String,
}

/// That a supplier has a part, and at what cost: four suppliers for each part.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("partsupp")]
pub struct PartSupp {
    /// `ps_partkey`
    #[key]
    pub part: Id<Part>,
    /// `ps_suppkey`
    #[key]
    pub supplier: Id<Supplier>,
    /// `ps_availqty`
    pub available: i64,
    /// `ps_supplycost`, in cents.
    pub cost: i64,
    /// `ps_comment`
    pub comment: String,
}

/// Somebody who orders, or might: a third of them never did.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("customer")]
#[has_many(orders: Order)]
pub struct Customer {
    /// `c_custkey`
    #[key]
    pub id: Id<Customer>,
    /// `c_name`
    pub name: String,
    /// `c_address`
    pub address: String,
    /// `c_nationkey`
    pub nation: Id<Nation>,
    /// `c_phone`, which begins with two digits for the country.
    pub phone: String,
    /// `c_acctbal`, in cents.
    pub balance: i64,
    /// `c_mktsegment`
    pub segment: String,
    /// `c_comment`
    pub comment: String,
}

/// What a customer ordered at one time.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("orders")]
#[has_many(lines: LineItem)]
pub struct Order {
    /// `o_orderkey`: of each 32 numbers, 8 are used.
    #[key]
    pub id: Id<Order>,
    /// `o_custkey`
    pub customer: Id<Customer>,
    /// `o_orderstatus`: `F`ulfilled, `O`pen, or `P`artly.
    pub status: char,
    /// `o_totalprice`, in cents.
    pub total_price: i64,
    /// `o_orderdate`
    #[index]
    pub order_date: Date,
    /// `o_orderpriority`: `1-URGENT` to `5-LOW`.
    pub priority: String,
    /// `o_clerk`
    pub clerk: String,
    /// `o_shippriority`
    pub ship_priority: i64,
    /// `o_comment`
    pub comment: String,
}

/// A line of an order: at most seven.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("lineitem")]
pub struct LineItem {
    /// `l_orderkey`
    #[key]
    pub order: Id<Order>,
    /// `l_linenumber`, from 1.
    #[key]
    pub number: i64,
    /// `l_partkey`
    pub part: Id<Part>,
    /// `l_suppkey`
    pub supplier: Id<Supplier>,
    /// `l_quantity`
    pub quantity: i64,
    /// `l_extendedprice`, for the whole quantity, in cents.
    pub price: i64,
    /// `l_discount`, in percent.
    pub discount: i64,
    /// `l_tax`, in percent.
    pub tax: i64,
    /// `l_returnflag`: `R`eturned, `A`ccepted, or `N`either.
    pub return_flag: char,
    /// `l_linestatus`: `F`ulfilled or `O`pen.
    pub status: char,
    /// `l_shipdate`
    #[index]
    pub ship_date: Date,
    /// `l_commitdate`, the day that was promised.
    pub commit_date: Date,
    /// `l_receiptdate`
    #[index]
    pub receipt_date: Date,
    /// `l_shipinstruct`
    pub ship_instructions: String,
    /// `l_shipmode`
    pub ship_mode: String,
    /// `l_comment`
    pub comment: String,
}

impl Customer {
    /// The country that the phone number begins with, 0 if it begins with none.
    #[hybrid]
    pub fn country_code(&self) -> u8 {
        self.phone.get(..2).and_then(|code| code.parse().ok()).unwrap_or(0)
    }
}

impl LineItem {
    /// The price less the discount, in hundredths of a cent.
    #[hybrid]
    pub fn revenue(&self) -> i64 {
        self.price * (100 - self.discount)
    }

    /// The revenue and its tax, in ten-thousandths of a cent.
    #[hybrid]
    pub fn charge(&self) -> i64 {
        self.revenue() * (100 + self.tax)
    }

    /// The offer that this line was taken from.
    #[must_use]
    pub fn part_supp<'v>(&self, db: &'v View) -> Option<&'v PartSupp> {
        db.get(Id::new((self.part, self.supplier)))
    }
}
