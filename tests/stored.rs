//! What the derives write about storing: values and models, as they were stored and as they are now.

use std::collections::BTreeMap;

use bondstone::prelude::*;
use bondstone_persist::codec::restore::FrameRow;
use bondstone_persist::codec::transcode::Transcode;
use bondstone_persist::codec::{Unwritable, row};
use bondstone_persist::schema::{Change, Evolution, StoredSchema};
use bondstone_schema::{Malformed, Schema, Shape};

mod values {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Value)]
    pub struct Address {
        pub street: String,
        pub r#type: Option<Kind>,
        pub at: (f64, f64),
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
    pub enum Kind {
        Home,
        Work,
    }

    #[derive(Clone, Debug, PartialEq, Value)]
    pub enum Event {
        Created,
        Moved { from: Address, to: Option<Address> },
        Scored(u8, Vec<Decimal>),
    }

    #[derive(Clone, Debug, PartialEq, Value)]
    pub struct Unit;

    #[derive(Clone, Debug, PartialEq, Value)]
    pub struct Cents(pub i64);

    #[derive(Clone, Debug, PartialEq, Value)]
    pub enum Json {
        Null,
        Text(String),
        List(Vec<Json>),
        Object(BTreeMap<String, Self>),
    }

    #[derive(Clone, Debug, PartialEq, Value)]
    #[value(nested)]
    pub struct Folder {
        pub files: Vec<File>,
    }

    #[derive(Clone, Debug, PartialEq, Value)]
    pub struct File {
        pub folder: Option<Box<Folder>>,
    }
}

use values::{Address, Cents, Event, File, Folder, Json, Kind, Unit};

fn bytes_of<V: bondstone_schema::Value>(value: &V) -> Vec<u8> {
    let mut bytes = Vec::new();
    row::write(&mut bytes, |sink| value.write_to(sink)).unwrap();
    bytes
}

fn comes_back<V: bondstone_schema::Value>(value: &V) {
    use bondstone_persist::codec::block::{Block, Compression, Loaded, Place};
    use bondstone_persist::codec::column::ColumnSink;
    assert_eq!(&row::read::<V>(&bytes_of(value)).unwrap(), value);
    let shape = Shape::of::<V>();
    assert_eq!(shape.parts().len(), V::PARTS);
    assert_eq!(shape.to_string().parse::<Shape>().as_ref(), Ok(&shape));
    let mut sink = ColumnSink::new(&shape);
    for _ in 0..3 {
        sink.push(|sink| value.write_to(sink));
    }
    let place = Place { table: 0, column: 0, segment: 0, rows: 3 };
    let block = Block::new(sink.finish().unwrap(), place, Compression::None).unwrap();
    let mut bytes = rkyv::util::AlignedVec::new();
    block.pieces().iter().for_each(|piece| bytes.extend_from_slice(piece));
    let loaded = Loaded::new(bytes, place).unwrap();
    let mut source = loaded.values(&shape).unwrap();
    for _ in 0..3 {
        source.begin();
        assert_eq!(&V::read_from(&mut source).unwrap(), value);
    }
    source.finish().unwrap();
}

fn address() -> Address {
    Address { street: "Am Weg 1".into(), r#type: Some(Kind::Work), at: (1.5, -0.0) }
}

#[test]
fn own_values_come_back_from_both_layouts() {
    comes_back(&address());
    comes_back(&vec![Kind::Home, Kind::Work]);
    comes_back(&Event::Created);
    comes_back(&Event::Moved { from: address(), to: None });
    comes_back(&vec![
        Event::Scored(7, vec!["1.50".parse().unwrap()]),
        Event::Moved { from: address(), to: Some(Address { r#type: None, ..address() }) },
        Event::Created,
    ]);
    comes_back(&(Unit, Cents(-5), Some(Unit)));
    let list = Json::List(vec![Json::Null, Json::Text("x".into())]);
    comes_back(&Json::Object(BTreeMap::from([
        ("a".into(), list.clone()),
        ("b".into(), Json::Null),
    ])));
    comes_back(&vec![Some(list), None]);
    comes_back(&Folder { files: vec![File { folder: Some(Box::new(Folder { files: vec![] })) }] });
    comes_back(&File { folder: Some(Box::new(Folder { files: vec![File { folder: None }] })) });
}

#[test]
fn shapes_of_own_values_are_as_they_were() {
    let address = "struct{street:text,type:opt<enum{Home,Work}>,at:(f64,f64)}";
    let is = |shape: Shape, text: &str| assert_eq!(shape.to_string(), text);
    is(Shape::of::<Address>(), address);
    is(
        Shape::of::<Event>(),
        &format!(
            "enum{{Created,Moved{{from:{address},to:opt<{address}>}},Scored{{0:u8,1:vec<decimal>}}}}"
        ),
    );
    is(Shape::of::<Unit>(), "struct{}");
    is(Shape::of::<Cents>(), "struct{0:i64}");
    is(
        Shape::of::<Json>(),
        "nested<enum{Null,Text{0:text},List{0:vec<^0>},Object{0:map<text,^0>}}>",
    );
    is(
        Shape::of::<File>(),
        "struct{folder:opt<nested<struct{files:vec<struct{folder:opt<^0>}>}>>}",
    );
    is(Shape::of::<Id<Customer>>(), "id<customers,auto>");
    is(Shape::of::<Option<Id<Link>>>(), "opt<id<link,(id<customers,auto>,text)>>");
}

fn deep(levels: usize) -> Json {
    (1..levels).fold(Json::Null, |json, _| Json::List(vec![json]))
}

#[test]
fn nesting_has_an_end() {
    comes_back(&deep(128));
    let mut bytes = vec![7];
    let written = row::write(&mut bytes, |sink| deep(129).write_to(sink));
    assert_eq!((written, bytes), (Err(Unwritable::TooDeep), vec![7]));
    // As it would be written if it were: a list of one in a list of one …
    let mut bytes = bytes_of(&Json::Null);
    for _ in 0..200 {
        let mut outer = (bytes.len() as u32 + 2).to_le_bytes().to_vec();
        outer.extend([2, 1]);
        outer.extend(bytes);
        bytes = outer;
    }
    let refused = row::read::<Json>(&bytes).unwrap_err().to_string();
    assert_eq!(refused, "it is nested more than 128 times");
}

#[test]
fn bytes_of_no_variant_are_refused() {
    assert_eq!(row::read::<Kind>(&[2]).unwrap_err().to_string(), "2 is no Kind");
    assert_eq!(row::read::<Event>(&[3]).unwrap_err().to_string(), "3 is no Event");
}

mod later {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Value)]
    pub struct Address {
        pub at: (f64, f64),
        pub country: Option<String>,
        pub street: String,
        pub r#type: Option<Kind>,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
    pub enum Kind {
        Work,
        Boat,
        Home,
    }

    #[derive(Clone, Debug, PartialEq, Value)]
    pub enum Json {
        Number(f64),
        List(Vec<Option<Json>>),
        Object(BTreeMap<String, Json>),
        Text(Option<String>),
        Null,
    }
}

fn converted<A: bondstone_schema::Value, B: bondstone_schema::Value>(value: &A) -> B {
    let transcode = Transcode::between(&Shape::of::<A>(), &Shape::of::<B>()).unwrap().unwrap();
    let (stored, mut bytes) = (bytes_of(value), Vec::new());
    let mut source = row::RowSource::new(&stored);
    row::write(&mut bytes, |sink| transcode.value(&mut source, sink).unwrap()).unwrap();
    source.finish().unwrap();
    row::read(&bytes).unwrap()
}

#[test]
fn values_are_read_by_the_names_of_fields_and_variants() {
    let now: later::Address = converted(&address());
    let same = later::Address {
        at: (1.5, -0.0),
        country: None,
        street: "Am Weg 1".into(),
        r#type: Some(later::Kind::Work),
    };
    assert_eq!(now, same);
    let json = Json::List(vec![Json::Text("x".into()), Json::Object(BTreeMap::new())]);
    let now: later::Json = converted(&json);
    let same = later::Json::List(vec![
        Some(later::Json::Text(Some("x".into()))),
        Some(later::Json::Object(BTreeMap::new())),
    ]);
    assert_eq!(now, same);
    assert!(Transcode::between(&Shape::of::<later::Kind>(), &Shape::of::<Kind>()).is_err());
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("customers")]
#[check(positive: self.points > 0)]
struct Customer {
    #[key]
    id: Id<Customer>,
    #[unique]
    mail: String,
    credit: f64,
    #[default(7)]
    gone: u8,
    kind: Kind,
    #[default(1)]
    points: u16,
}

#[derive(Clone, Debug, Model)]
struct Link {
    #[key]
    customer_id: Id<Customer>,
    #[key]
    name: String,
}

mod now {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Model)]
    #[table("clients")]
    #[was("users", "customers")]
    #[index(by_points: points)]
    pub struct Client {
        #[default(3)]
        pub level: u8,
        #[key]
        pub id: Id<Client>,
        #[was("mail")]
        #[unique]
        pub email: String,
        #[converted_from(f64, cents)]
        pub credit: i64,
        pub kind: later::Kind,
        pub points: Option<u32>,
        pub note: Option<String>,
        #[default]
        pub tags: Vec<String>,
    }

    fn cents(credit: f64) -> Result<i64, String> {
        let cents = credit * 100.0;
        if cents.is_finite() { Ok(cents as i64) } else { Err(format!("{credit} is no amount")) }
    }

    #[derive(Clone, Debug, PartialEq, Model)]
    pub struct Link {
        #[key]
        pub customer_id: Id<Client>,
        #[key]
        pub name: String,
    }
}

fn stored_row<M: bondstone_schema::Model>(row: &M) -> Vec<u8> {
    let mut bytes = Vec::new();
    let columns = 0..M::DEFINITION.columns.len() as u16;
    row::write(&mut bytes, |sink| {
        columns.clone().for_each(|column| (M::DEFINITION.row.write)(row, column, sink))
    })
    .unwrap();
    bytes
}

fn restored<M: bondstone_schema::Model>(
    evolution: &Evolution,
    table: usize,
    bytes: &[u8],
) -> Result<M, Malformed> {
    let mut row = FrameRow::new(&evolution.tables[table].mapping, bytes)?;
    let restored = M::DEFINITION.restore(&mut row)?;
    assert_eq!(row.length(), bytes.len());
    Ok(restored)
}

fn customer() -> Customer {
    let id = Id::from_u64(4).unwrap();
    Customer { id, mail: "ann@x.org".into(), credit: 1.25, gone: 9, kind: Kind::Home, points: 500 }
}

fn stored_schema() -> StoredSchema {
    let mut schema = Schema::default();
    schema.add::<Link>();
    schema.add::<Customer>();
    let schema = StoredSchema::of(&schema);
    assert_eq!(StoredSchema::from_bytes(&schema.to_bytes().unwrap()).as_ref(), Ok(&schema));
    schema
}

fn changed() -> Evolution {
    let mut schema = Schema::default();
    schema.add::<now::Client>();
    schema.add::<now::Link>();
    Evolution::between(&stored_schema(), &schema)
}

#[test]
fn a_model_is_restored_as_it_was() {
    let mut schema = Schema::default();
    schema.add::<Link>();
    schema.add::<Customer>();
    let same = Evolution::between(&stored_schema(), &schema);
    assert_eq!(same.differences, []);
    let bytes = stored_row(&customer());
    assert_eq!(restored::<Customer>(&same, 1, &bytes), Ok(customer()));
    let cut = restored::<Customer>(&same, 1, &bytes[..12]).unwrap_err();
    assert_eq!(
        (cut.column(), cut.to_string().as_str()),
        (Some("mail"), "column `mail`: it ends too early")
    );
}

#[test]
fn a_model_is_restored_from_what_it_was() {
    let evolution = changed();
    assert_eq!(evolution.refusals().count(), 0);
    let client = restored::<now::Client>(&evolution, 0, &stored_row(&customer())).unwrap();
    let expected = now::Client {
        level: 3,
        id: Id::from_u64(4).unwrap(),
        email: "ann@x.org".into(),
        credit: 125,
        kind: later::Kind::Home,
        points: Some(500),
        note: None,
        tags: Vec::new(),
    };
    assert_eq!(client, expected);
    let link = Link { customer_id: customer().id, name: "x".into() };
    let link = restored::<now::Link>(&evolution, 1, &stored_row(&link)).unwrap();
    assert_eq!(link, now::Link { customer_id: client.id, name: "x".into() });
    let broke = Customer { credit: f64::NAN, ..customer() };
    let refused = restored::<now::Client>(&evolution, 0, &stored_row(&broke)).unwrap_err();
    assert_eq!(refused.to_string(), "column `credit`: it cannot be converted: NaN is no amount");
}

#[test]
fn differences_are_told_in_words() {
    let told: Vec<String> = changed().differences.iter().map(ToString::to_string).collect();
    for line in [
        "table `clients`: renamed, it was `customers`",
        "table `clients`: column `level`: added, stored rows get its default",
        "table `clients`: column `email`: renamed, it was `mail`",
        "table `clients`: column `credit`: changed, `f64` becomes `i64` by `#[converted_from]`",
        "table `clients`: column `kind`: changed, `enum{Home,Work}` becomes `enum{Work,Boat,Home}`",
        "table `clients`: column `points`: changed, `u16` becomes `opt<u32>`",
        "table `clients`: column `gone`: removed, its values are passed over",
    ] {
        assert!(told.iter().any(|one| one == line), "{line} in {told:#?}");
    }
    let index = changed().differences.into_iter().find(|one| one.name.contains("by_points"));
    assert_eq!(index.map(|index| index.change), Some(Change::Added));
}

mod refused {
    use super::*;

    #[derive(Clone, Debug, Model)]
    #[table("customers")]
    pub struct Customer {
        #[key]
        pub id: Id<Customer>,
        pub mail: u32,
        pub born: Date,
        #[default(self.mail)]
        pub copy: u32,
    }
}

#[test]
fn what_cannot_be_read_is_refused_before_a_row_is() {
    let mut schema = Schema::default();
    schema.add::<refused::Customer>();
    let evolution = Evolution::between(&stored_schema(), &schema);
    let refusals: Vec<String> = evolution.refusals().map(ToString::to_string).collect();
    assert_eq!(refusals.len(), 3, "{refusals:#?}");
    assert!(refusals[0].contains("column `mail`: cannot be read, `text` does not become `u32`"));
    assert!(refusals[1].contains("column `born`: cannot be read, it was added"));
    // A default that reads the new row is none for a stored one.
    assert!(refusals[2].contains("column `copy`: cannot be read, it was added"));
    let born = restored::<refused::Customer>(&evolution, 0, &stored_row(&customer())).unwrap_err();
    assert_eq!(born.column(), Some("mail"));
    assert!(
        evolution
            .differences
            .iter()
            .any(|one| one.to_string() == "table `link`: removed, its rows are passed over")
    );
}

#[test]
fn hostile_schemas_are_refused() {
    let bytes = stored_schema().to_bytes().unwrap();
    for length in 0..bytes.len() {
        assert!(StoredSchema::from_bytes(&bytes[..length]).is_err());
    }
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        if let Ok(schema) = StoredSchema::from_bytes(&damaged) {
            assert_eq!(schema.to_bytes().unwrap(), damaged);
        }
    }
}
