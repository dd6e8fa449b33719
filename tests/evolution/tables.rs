//! Tables: added, removed, renamed.

use bondstone::prelude::*;

use crate::story::{Old, Version, nth, program};

mod old {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("clients")]
    pub struct Client {
        #[key]
        pub id: Id<Client>,
        pub name: String,
    }

    #[derive(Clone, Debug, Model)]
    #[table("orders")]
    pub struct Order {
        #[key]
        pub id: Id<Order>,
        pub client_id: Id<Client>,
    }

    #[derive(Clone, Debug, Model)]
    #[table("remarks")]
    pub struct Remark {
        #[key]
        pub place: (u16, String),
        pub text: Option<Vec<String>>,
    }
}

const OLD: Old = Old {
    program: program::<(old::Remark, old::Client, old::Order)>,
    first: |tx| {
        let ann = tx.insert(old::NewClient { name: "ann".into() })?;
        tx.insert(old::NewClient { name: "bob".into() })?;
        tx.insert(old::NewOrder { client_id: ann })?;
        tx.insert(old::Remark { place: (1, "x".into()), text: Some(vec!["hm".into()]) })?;
        tx.insert(old::Remark { place: (2, "y".into()), text: None }).map(drop)
    },
    second: |tx| {
        tx.delete(nth::<old::Remark>(tx, 0))?;
        tx.delete(nth::<old::Client>(tx, 1))?;
        let eve = tx.insert(old::NewClient { name: "eve".into() })?;
        tx.insert(old::NewOrder { client_id: eve }).map(drop)
    },
};

mod fewer {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("clients")]
    pub struct Client {
        #[key]
        pub id: Id<Client>,
        pub name: String,
    }

    #[derive(Clone, Debug, Model)]
    #[table("places")]
    pub struct Place {
        #[key]
        pub code: String,
    }
}

#[test]
fn an_added_table_is_empty_and_a_removed_one_is_passed_over() {
    let fewer = Version {
        program: program::<(fewer::Place, fewer::Client)>,
        rows: |db| {
            let snap = db.read();
            assert_eq!(snap.count::<fewer::Place>(), 0);
            snap.query::<fewer::Client>()
                .order_by_key()
                .into_iter()
                .map(|client| client.name.clone())
                .collect()
        },
    };
    let told = ["table `places`: added", "table `remarks`: removed", "table `orders`: removed"];
    OLD.becomes(fewer, fewer, &["ann", "eve"], &told);
}

macro_rules! customers {
    ($name:ident $(#[$was:meta])?) => {
        mod $name {
            use super::*;
            #[derive(Clone, Debug, Model)]
            #[table("customers")]
            $(#[$was])?
            pub struct Customer {
                #[key]
                pub id: Id<Customer>,
                pub name: String,
            }

            #[derive(Clone, Debug, Model)]
            #[table("orders")]
            pub struct Order {
                #[key]
                pub id: Id<Order>,
                pub client_id: Id<Customer>,
            }
        }
    };
}

customers!(renamed #[was("clients")]);
customers!(renamed_long_ago);

#[test]
fn a_renamed_table_says_what_it_was_and_is_still_referred_to() {
    macro_rules! rows {
        ($module:ident) => {
            Version {
                program: program::<($module::Customer, $module::Order)>,
                rows: |db| {
                    let snap = db.read();
                    let customers = snap.query::<$module::Customer>().order_by_key().into_iter();
                    let customers = customers.map(|customer| customer.name.clone());
                    let orders = snap.query::<$module::Order>().order_by_key().into_iter();
                    customers
                        .chain(orders.map(|order| snap[order.client_id].name.clone()))
                        .collect()
                },
            }
        };
    }
    let told = ["table `customers`: renamed, it was `clients`", "table `remarks`: removed"];
    OLD.becomes(rows!(renamed), rows!(renamed_long_ago), &["ann", "eve", "ann", "eve"], &told);
}
