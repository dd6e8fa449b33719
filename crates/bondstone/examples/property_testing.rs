//! Properties of a model of one's own, for rows that nobody thought of: `cargo test --example property_testing --features proptest`.
//!
//! A ledger: accounts, and transfers between them. Whatever is transferred, no money comes or goes; and an account that has
//! ever paid stays.

use std::cell::Cell;

use bondstone::prelude::*;
use bondstone::proptest::{AnyNew, AnyRows, any_new, any_rows};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

#[derive(Clone, Debug, Model)]
#[table("accounts")]
#[check(covered: self.balance >= 0)]
#[has_many(paid: Transfer by from_id)]
struct Account {
    #[key]
    id: Id<Account>,
    #[max_len(20)]
    owner: String,
    balance: i64,
}

#[derive(Clone, Debug, Model)]
#[table("transfers")]
#[check(something: self.amount > 0)]
struct Transfer {
    #[key]
    id: Id<Transfer>,
    from_id: Id<Account>,
    to_id: Id<Account>,
    amount: i64,
}

/// What is tested: writes a transfer down and moves the money.
fn transfer(tx: &mut Tx, new: impl New<Model = Transfer>) -> Result<(), Error> {
    let id = tx.insert(new)?;
    let Transfer { from_id, to_id, amount, .. } = tx[id].clone();
    let pay = |account: &mut Account, amount| {
        account.balance = account.balance.checked_add(amount).ok_or("too much money")?;
        Ok(())
    };
    tx.try_update(from_id, |from| pay(from, -amount))?;
    tx.try_update(to_id, |to| pay(to, amount)).map(drop)
}

fn total(db: &View) -> i128 {
    db.query::<Account>().sum(Account::BALANCE)
}

/// For any accounts and any transfers.
fn no_money_comes_or_goes(
    accounts: &AnyRows<Account>,
    transfers: Vec<AnyNew<Transfer>>,
    done: &Cell<u32>,
) -> Result<(), TestCaseError> {
    let db = accounts.database();
    let before = total(&db.read());
    for new in transfers {
        // Some are refused, and then nothing of them is left.
        done.set(done.get() + u32::from(db.write(|tx| transfer(tx, new)).is_ok()));
        prop_assert_eq!(total(&db.read()), before);
    }
    prop_assert!(db.check().is_ok_and(|faults| faults.is_empty()));
    Ok(())
}

/// For any ledger: who has paid is not deleted.
fn who_has_paid_stays(ledger: &AnyRows<Account>) -> Result<(), TestCaseError> {
    let db = ledger.database();
    let snap = db.read();
    for account in snap.iter::<Account>() {
        let deleted = db.write(|tx| tx.delete(account.id).map(drop));
        prop_assert!(deleted.is_err() || account.paid(&snap).is_empty());
    }
    Ok(())
}

fn main() {
    let cases = Config { failure_persistence: None, ..Config::with_cases(200) };
    let ledger = any_rows::<Account>(0..12);
    let transfers = prop::collection::vec(any_new::<Transfer>(), 0..8);
    let (mut runner, done) = (TestRunner::new(cases), Cell::new(0));
    let money = runner.run(&(ledger.clone(), transfers), |(accounts, transfers)| {
        no_money_comes_or_goes(&accounts, transfers, &done)
    });
    let deletes = runner.run(&ledger, |ledger| who_has_paid_stays(&ledger));
    money.unwrap_or_else(|failed| panic!("money came or went: {failed}"));
    deletes.unwrap_or_else(|failed| panic!("who had paid was deleted: {failed}"));
    let done = done.get();
    assert!(done > 0, "of what is always refused nothing is learnt");
    println!("200 ledgers, {done} transfers: no money came or went, and who had paid stayed");
}

#[test]
fn the_properties_hold() {
    main();
}
