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
    "members" {
        id(members) id PK
        text name "How she is called."
        text email UK
        text secret
        u8 age
        opt(id(members)) guardian_id FK
        timestamp since
    }
    "loans" {
        text shelf PK
        u16 number PK
        id(members) member_id FK
        opt(id(loans)) previous FK
        text title
        State state
        opt(date) due
    }
    "cards" {
        id(cards) id PK
        id(members) member_id FK, UK
        decimal fees
    }
    "members" |o--o{ "members" : "guardian_id"
    "members" ||--o{ "loans" : "loans"
    "loans" |o--o{ "loans" : "previous"
    "members" ||--o| "cards" : "card"
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

/// Names that a tool takes for something else, or has no letters for.
mod odd {
    use bondstone::prelude::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
    pub enum PK {
        Größe,
    }

    #[derive(Clone, Debug, Model)]
    #[table("style")]
    #[has_many(many: Part)]
    pub struct Style {
        #[key]
        pub id: Id<Style>,
        pub größe: u8,
        pub pk: PK,
        /// A "tag",
        /// by 100 %.
        pub straße: (u8, Option<String>),
        pub r#type: [u8; 3],
        pub 名前: String,
    }

    #[derive(Clone, Debug, Model)]
    #[table("übrige \"Teile\" \\ 100 %")]
    pub struct Part {
        #[key]
        pub id: Id<Part>,
        pub größer: Id<Style>,
        pub o: Option<Id<Part>>,
    }
}

fn odd_schema() -> Schema {
    let db = bondstone::Database::builder().models::<odd::Style>().in_memory();
    db.expect("the models fit").schema().clone()
}

#[test]
fn mermaid_reads_names_of_all_kinds() {
    for schema in [odd_schema(), empty().schema().clone()] {
        let text = schema.to_mermaid();
        let mut lines = text.lines().peekable();
        assert_eq!(lines.next(), Some("erDiagram"));
        while let Some(line) = lines.next() {
            let line = line.trim_start();
            if let Some(entity) = line.strip_suffix(" {") {
                assert!(is_name(entity), "{line}");
                let attributes = lines.by_ref().take_while(|line| line.trim() != "}");
                attributes.for_each(|line| assert!(is_attribute(line.trim()), "{line}"));
            } else {
                assert!(is_relation(line), "{line}");
            }
        }
    }
}

/// `"` what an entity may be called `"`
fn is_name(text: &str) -> bool {
    let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inside.is_some_and(|name| !name.is_empty() && !name.contains(['"', '%', '\\', '\n', '\r']))
}

/// type name keys? comment?
fn is_attribute(line: &str) -> bool {
    let (words, comment) = line.split_once(" \"").unwrap_or((line, "\""));
    let mut words = words.splitn(3, ' ');
    let both = [words.next(), words.next()].into_iter().all(|word| word.is_some_and(is_word));
    let keys = words.next().unwrap_or("PK");
    let is_comment = comment.ends_with('"') && comment.matches('"').count() == 1;
    both && keys.split(", ").all(|key| ["PK", "FK", "UK"].contains(&key)) && is_comment
}

/// Letters that Mermaid knows, but for the words that mean a key.
fn is_word(word: &str) -> bool {
    let is_first =
        |letter: char| letter.is_ascii_alphabetic() || letter == '_' || letter >= '\u{c0}';
    let is_later =
        |letter: char| is_first(letter) || letter.is_ascii_digit() || "-[]()".contains(letter);
    let is_key = ["pk", "fk", "uk"].contains(&word.to_ascii_lowercase().as_str());
    !is_key && word.starts_with(is_first) && word.chars().all(is_later)
}

/// entity cardinalities entity : label
fn is_relation(line: &str) -> bool {
    let Some((both, label)) = line.rsplit_once(" : ") else { return false };
    let ends = ["||--o{", "|o--o{", "||--o|", "|o--o|"].into_iter();
    let mut ends = ends.filter_map(|ends| both.split_once(&format!(" {ends} ")));
    is_name(label) && ends.any(|(from, to)| is_name(from) && is_name(to))
}

#[test]
fn graphviz_reads_names_of_all_kinds() {
    let text = odd_schema().to_graphviz();
    assert!(text.contains(r#"    "übrige \"Teile\" \\ 100 %" [label=<<table"#), "{text}");
    assert!(text.contains("<b>übrige &quot;Teile&quot; \\ 100 %</b>"), "{text}");
    assert!(text.contains(r#"port="größe">größe: u8<"#), "{text}");
    assert!(
        text.contains(r#""style" -> "übrige \"Teile\" \\ 100 %":"größer" [arrowtail=teetee"#),
        "{text}"
    );
    // Outside of the tables every quote is closed.
    for line in text.lines().filter(|line| line.contains("->")) {
        assert_eq!(line.replace("\\\"", "").matches('"').count() % 2, 0, "{line}");
    }
}
