//! What stands in the tables: the rows of the generator `tpchgen`, as models.

use bondstone::prelude::*;
use bondstone::{AutoKey, New};
use tpchgen::dates::TPCHDate;
use tpchgen::distribution::Distributions;
use tpchgen::generators as generator;

use crate::Tpch;
use crate::models::{Customer, LineItem, Nation, Order, Part, PartSupp, Region, Supplier};

/// A model whose rows can be generated.
pub trait Generated: Entity + New<Model = Self> {
    /// All rows at a scale, in the order of their keys. O(1) memory; each call begins anew.
    fn rows(tpch: &Tpch) -> impl Iterator<Item = Self>;
}

/// The generator counts the files that its rows are to be divided among: here all are in the first of one.
const FILE: i32 = 1;
const FILES: i32 = 1;

macro_rules! generated {
    ($($model:ident by $generator:ident)*) => {$(
        impl Generated for $model {
            fn rows(tpch: &Tpch) -> impl Iterator<Item = Self> {
                let words = Distributions::static_default();
                generator::$generator::new_with_distributions_and_text_pool(
                    tpch.scale, FILE, FILES, words, &tpch.texts,
                )
                .iter()
                .map(Self::from)
            }
        }
    )*};
}

generated! {
    Supplier by SupplierGenerator
    Part by PartGenerator
    Customer by CustomerGenerator
    Order by OrderGenerator
    LineItem by LineItemGenerator
}

/// Five at any scale.
impl Generated for Region {
    fn rows(tpch: &Tpch) -> impl Iterator<Item = Self> {
        let words = Distributions::static_default();
        generator::RegionGenerator::new_with_distributions_and_text_pool(words, &tpch.texts)
            .iter()
            .map(Self::from)
    }
}

/// Twenty-five at any scale.
impl Generated for Nation {
    fn rows(tpch: &Tpch) -> impl Iterator<Item = Self> {
        let words = Distributions::static_default();
        generator::NationGenerator::new_with_distributions_and_text_pool(words, &tpch.texts)
            .iter()
            .map(Self::from)
    }
}

/// Made without any words but the comment's.
impl Generated for PartSupp {
    fn rows(tpch: &Tpch) -> impl Iterator<Item = Self> {
        generator::PartSuppGenerator::new_with_text_pool(tpch.scale, FILE, FILES, &tpch.texts)
            .iter()
            .map(Self::from)
    }
}

impl From<generator::Region<'_>> for Region {
    fn from(row: generator::Region<'_>) -> Self {
        Self { key: row.r_regionkey, name: row.r_name.into(), comment: row.r_comment.into() }
    }
}

impl From<generator::Nation<'_>> for Nation {
    fn from(row: generator::Nation<'_>) -> Self {
        Self {
            key: row.n_nationkey,
            name: row.n_name.into(),
            region: Id::new(row.n_regionkey),
            comment: row.n_comment.into(),
        }
    }
}

impl From<generator::Supplier> for Supplier {
    fn from(row: generator::Supplier) -> Self {
        Self {
            id: id(row.s_suppkey),
            name: row.s_name.to_string(),
            address: row.s_address.to_string(),
            nation: Id::new(row.s_nationkey),
            phone: row.s_phone.to_string(),
            balance: row.s_acctbal.into_inner(),
            comment: row.s_comment,
        }
    }
}

impl From<generator::Part<'_>> for Part {
    fn from(row: generator::Part<'_>) -> Self {
        Self {
            id: id(row.p_partkey),
            name: row.p_name.to_string(),
            manufacturer: row.p_mfgr.to_string(),
            brand: row.p_brand.to_string(),
            kind: row.p_type.into(),
            size: row.p_size.into(),
            container: row.p_container.into(),
            retail_price: row.p_retailprice.into_inner(),
            comment: row.p_comment.into(),
        }
    }
}

impl From<generator::PartSupp<'_>> for PartSupp {
    fn from(row: generator::PartSupp<'_>) -> Self {
        Self {
            part: id(row.ps_partkey),
            supplier: id(row.ps_suppkey),
            available: row.ps_availqty.into(),
            cost: row.ps_supplycost.into_inner(),
            comment: row.ps_comment.into(),
        }
    }
}

impl From<generator::Customer<'_>> for Customer {
    fn from(row: generator::Customer<'_>) -> Self {
        Self {
            id: id(row.c_custkey),
            name: row.c_name.to_string(),
            address: row.c_address.to_string(),
            nation: Id::new(row.c_nationkey),
            phone: row.c_phone.to_string(),
            balance: row.c_acctbal.into_inner(),
            segment: row.c_mktsegment.into(),
            comment: row.c_comment.into(),
        }
    }
}

impl From<generator::Order<'_>> for Order {
    fn from(row: generator::Order<'_>) -> Self {
        Self {
            id: id(row.o_orderkey),
            customer: id(row.o_custkey),
            status: letter(row.o_orderstatus.as_str()),
            total_price: row.o_totalprice.into_inner(),
            order_date: day(row.o_orderdate),
            priority: row.o_orderpriority.into(),
            clerk: row.o_clerk.to_string(),
            ship_priority: row.o_shippriority.into(),
            comment: row.o_comment.into(),
        }
    }
}

impl From<generator::LineItem<'_>> for LineItem {
    fn from(row: generator::LineItem<'_>) -> Self {
        Self {
            order: id(row.l_orderkey),
            number: row.l_linenumber.into(),
            part: id(row.l_partkey),
            supplier: id(row.l_suppkey),
            quantity: row.l_quantity,
            price: row.l_extendedprice.into_inner(),
            discount: row.l_discount.into_inner(),
            tax: row.l_tax.into_inner(),
            return_flag: letter(row.l_returnflag),
            status: letter(row.l_linestatus),
            ship_date: day(row.l_shipdate),
            commit_date: day(row.l_commitdate),
            receipt_date: day(row.l_receiptdate),
            ship_instructions: row.l_shipinstruct.into(),
            ship_mode: row.l_shipmode.into(),
            comment: row.l_comment.into(),
        }
    }
}

fn id<M: Model<Key = AutoKey>>(number: i64) -> Id<M> {
    u64::try_from(number).ok().and_then(Id::from_u64).expect("these keys count from 1")
}

fn letter(text: &str) -> char {
    text.chars().next().expect("a flag is a letter")
}

fn day(date: TPCHDate) -> Date {
    let (year, month, day) = date.to_ymd();
    let part = |number: i32| i8::try_from(number).expect("months and days are small");
    // The generator's years are those of the century.
    let year = i16::try_from(1900 + year).expect("TPC-H ends in 1998");
    Date::new(year, part(month), part(day)).expect("the generator knows the calendar")
}
