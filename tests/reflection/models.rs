//! A library.

use bondstone::prelude::*;

/// Somebody who reads.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("members")]
#[has_many(loans: Loan)]
#[has_one(card: Card)]
#[check(of_age: self.age >= 6)]
pub struct Member {
    #[key]
    pub id: Id<Member>,
    /// How she is called.
    #[max_len(20)]
    pub name: String,
    #[unique]
    pub email: String,
    #[private]
    #[default]
    pub secret: String,
    #[default(18)]
    #[index]
    pub age: u8,
    #[acyclic]
    pub guardian_id: Option<Id<Member>>,
    #[immutable]
    #[on_insert(tx.now())]
    pub since: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("cards")]
pub struct Card {
    #[key(uuid)]
    pub id: Id<Card>,
    #[unique]
    #[on_delete(cascade)]
    pub member_id: Id<Member>,
    #[decimal(6, 2)]
    #[default(dec!(0))]
    pub fees: Decimal,
}

/// A copy that is out,
/// and till "when".
#[derive(Clone, Debug, PartialEq, Model)]
#[table("loans")]
#[index(by_due_and_member: due, member_id)]
#[unique(once: member_id, title)]
pub struct Loan {
    #[key]
    pub shelf: String,
    #[key]
    pub number: u16,
    pub member_id: Id<Member>,
    #[on_delete(set_null)]
    pub previous: Option<Id<Loan>>,
    pub title: String,
    pub state: State,
    pub due: Option<Date>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub enum State {
    Out,
    Late { days: u16 },
    Lost(String),
}

pub fn builder() -> bondstone::Builder {
    Database::builder()
        .models::<(Member, Loan)>()
        .clock(|| Timestamp::UNIX_EPOCH)
        .uuids(|_| Uuid::from_u128(0xabcd))
}

pub fn empty() -> Database {
    builder().in_memory().expect("the models fit")
}

pub fn member(name: &str, guardian_id: Option<Id<Member>>) -> NewMember {
    NewMember { name: name.into(), email: format!("{name}@x.org"), guardian_id }
}

pub fn loan(number: u16, member_id: Id<Member>, state: State) -> Loan {
    Loan {
        shelf: "A".into(),
        number,
        member_id,
        previous: None,
        title: format!("Title, {number}"),
        state,
        due: (number > 1).then(|| Date::constant(2026, 11, 23)),
    }
}

/// Two members, a card, three loans.
pub fn filled() -> Database {
    let db = empty();
    let fill = db.write(|tx| {
        let ann = tx.insert_with(member("ann", None), |ann| ann.secret = "hush".into())?;
        let bob = tx.insert_with(member("bob", Some(ann)), |bob| bob.age = 7)?;
        tx.insert_with(NewCard { member_id: ann }, |card| card.fees = dec!(1.5))?;
        let first = tx.insert(loan(1, ann, State::Out))?;
        let previous = Some(first);
        tx.insert(Loan { previous, ..loan(2, bob, State::Late { days: 3 }) })?;
        tx.insert(loan(3, bob, State::Lost("at \"sea\"".into()))).map(drop)
    });
    fill.expect("nothing refuses");
    db
}

/// All rows, as text.
pub fn state(db: &Database) -> String {
    let snap = db.read();
    let mut rows: Vec<String> = snap.iter::<Member>().map(|row| format!("{row:?}")).collect();
    rows.extend(snap.iter::<Card>().map(|row| format!("{row:?}")));
    rows.extend(snap.query::<Loan>().order_by_key().into_iter().map(|row| format!("{row:?}")));
    rows.join("\n")
}
