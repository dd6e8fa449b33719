//! The schema as data, for people, and drawn.

use bondstone::reflect::{IndexKind, KeyKind, Limit, RelationKind};
use bondstone::{Action, Schema};

use crate::models::empty;

#[test]
fn what_a_model_declares_is_data() {
    let db = empty();
    let schema: &Schema = db.schema();
    let names: Vec<&str> = schema.tables().iter().map(|table| table.name).collect();
    assert_eq!(names, ["members", "loans", "cards"]);
    assert!(schema.table("nothing").is_none());

    let members = schema.table("members").expect("it is there");
    assert_eq!((members.rust_name, members.doc), ("Member", "Somebody who reads."));
    assert_eq!((members.key.kind, &members.key.columns[..]), (KeyKind::Auto, &["id"][..]));
    let column = |name| members.column(name).expect("it is there");
    assert_eq!(column("name").doc, "How she is called.");
    assert_eq!(column("name").limit, Some(Limit::MaxLen(20)));
    assert_eq!(column("age").default, Some("18"));
    assert_eq!(column("age").type_info.name, "u8");
    assert!(column("id").key && column("id").unique && !column("age").unique);
    assert!(column("email").unique && column("secret").private && column("since").immutable);
    assert!(column("guardian_id").type_info.nullable && !column("name").type_info.nullable);
    assert_eq!(members.checks[0].name, "of_age");
    assert_eq!(members.checks[0].text, "self.age >= 6");
    assert_eq!(members.checks[0].columns, ["age"]);
    let relations: Vec<_> =
        members.relations.iter().map(|it| (it.name, it.kind, it.target)).collect();
    let expected = [("loans", RelationKind::Many, "loans"), ("card", RelationKind::One, "cards")];
    assert_eq!(relations, expected);

    let loans = schema.table("loans").expect("it is there");
    assert_eq!((loans.key.kind, loans.key.columns.len()), (KeyKind::Natural, 2));
    let indexes: Vec<_> =
        loans.indexes.iter().map(|index| (index.name, index.kind, &index.columns[..])).collect();
    assert_eq!(
        indexes,
        [
            ("by_due_and_member", IndexKind::Ordered, &["due", "member_id"][..]),
            ("once", IndexKind::Unique, &["member_id", "title"][..]),
        ]
    );
    let previous = loans.foreign_key("previous").expect("it is one");
    assert_eq!((previous.target, previous.nullable), ("loans", true));
    assert_eq!((previous.on_delete, previous.on_update), (Action::SetNull, Action::Cascade));
    let state = loans.column("state").expect("it is there");
    assert_eq!(state.type_info.variants, ["Out", "Late", "Lost"]);
}

#[test]
fn people_can_read_it() {
    assert_eq!(empty().schema().to_string(), SHOWN);
}

const SHOWN: &str = r#"members (Member)
  Somebody who reads.
  id           id<members>, key, numbered
  name         text, max_len(20): How she is called.
  email        text, unique
  secret       text, default Default::default(), private
  age          u8, indexed, default 18
  guardian_id  opt<id<members>>, → members acyclic (on delete restrict, on update cascade)
  since        timestamp, immutable
  check of_age: self.age >= 6
  has many loans: loans
  has one card: cards

loans (Loan)
  A copy that is out,
  and till "when".
  shelf      text, key
  number     u16, key
  member_id  id<members>, → members (on delete restrict, on update cascade)
  previous   opt<id<loans>>, → loans (on delete set_null, on update cascade)
  title      text
  state      State
  due        opt<date>
  index by_due_and_member: due, member_id
  unique once: member_id, title

cards (Card)
  id         id<cards>, key, a UUID of version 7
  member_id  id<members>, unique, → members (on delete cascade, on update cascade)
  fees       decimal, decimal(6, 2), default dec!(0)
"#;

#[test]
fn mermaid_draws_it() {
    assert_eq!(empty().schema().to_mermaid(), MERMAID);
}

const MERMAID: &str = r#"erDiagram
    members {
        id(members) id PK
        text name "How she is called."
        text email UK
        text secret
        u8 age
        opt(id(members)) guardian_id FK
        timestamp since
    }
    loans {
        text shelf PK
        u16 number PK
        id(members) member_id FK
        opt(id(loans)) previous FK
        text title
        State state
        opt(date) due
    }
    cards {
        id(cards) id PK
        id(members) member_id FK, UK
        decimal fees
    }
    members |o--o{ members : guardian_id
    members ||--o{ loans : loans
    loans |o--o{ loans : previous
    members ||--o| cards : card
"#;

#[test]
fn graphviz_draws_it() {
    assert_eq!(empty().schema().to_graphviz(), GRAPHVIZ);
}

const GRAPHVIZ: &str = r#"digraph schema {
    rankdir=LR;
    node [shape=plaintext];
    edge [dir=both];
    "members" [label=<<table border="0" cellborder="1" cellspacing="0">
        <tr><td bgcolor="lightgrey"><b>members</b></td></tr>
        <tr><td align="left" port="id"><u>id</u>: id&lt;members&gt;</td></tr>
        <tr><td align="left" port="name">name: text</td></tr>
        <tr><td align="left" port="email">email: text</td></tr>
        <tr><td align="left" port="secret">secret: text</td></tr>
        <tr><td align="left" port="age">age: u8</td></tr>
        <tr><td align="left" port="guardian_id">guardian_id: opt&lt;id&lt;members&gt;&gt;</td></tr>
        <tr><td align="left" port="since">since: timestamp</td></tr>
    </table>>];
    "loans" [label=<<table border="0" cellborder="1" cellspacing="0">
        <tr><td bgcolor="lightgrey"><b>loans</b></td></tr>
        <tr><td align="left" port="shelf"><u>shelf</u>: text</td></tr>
        <tr><td align="left" port="number"><u>number</u>: u16</td></tr>
        <tr><td align="left" port="member_id">member_id: id&lt;members&gt;</td></tr>
        <tr><td align="left" port="previous">previous: opt&lt;id&lt;loans&gt;&gt;</td></tr>
        <tr><td align="left" port="title">title: text</td></tr>
        <tr><td align="left" port="state">state: State</td></tr>
        <tr><td align="left" port="due">due: opt&lt;date&gt;</td></tr>
    </table>>];
    "cards" [label=<<table border="0" cellborder="1" cellspacing="0">
        <tr><td bgcolor="lightgrey"><b>cards</b></td></tr>
        <tr><td align="left" port="id"><u>id</u>: id&lt;cards&gt;</td></tr>
        <tr><td align="left" port="member_id">member_id: id&lt;members&gt;</td></tr>
        <tr><td align="left" port="fees">fees: decimal</td></tr>
    </table>>];
    "members" -> "members":"guardian_id" [arrowtail=teeodot, arrowhead=crowodot, label="guardian_id"];
    "members" -> "loans":"member_id" [arrowtail=teetee, arrowhead=crowodot, label="loans"];
    "loans" -> "loans":"previous" [arrowtail=teeodot, arrowhead=crowodot, label="previous"];
    "members" -> "cards":"member_id" [arrowtail=teetee, arrowhead=teeodot, label="card"];
}
"#;
