//! Values of every type of the library, in both layouts; bytes that nobody wrote; values of one shape as those of another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

use bondstone_schema::{AutoKey, Malformed, PartKind, Shape, Value};
use jiff::{Timestamp, civil::Date};
use proptest::prelude::*;
use rkyv::util::AlignedVec;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::block::{Block, Compression, Damage, Loaded, Place};
use super::column::{Column, ColumnSink, Part};
use super::row::{self, RowSource};
use super::transcode::Transcode;
use super::{LONGEST, Unwritable};

fn in_a_row<V: Value>(value: &V) -> Vec<u8> {
    let mut bytes = Vec::new();
    row::write(&mut bytes, |sink| value.write_to(sink)).unwrap();
    bytes
}

fn in_a_column<V: Value>(values: &[V]) -> Column {
    let shape = Shape::of::<V>();
    assert_eq!(shape.parts().len(), V::PARTS, "{shape}");
    let mut sink = ColumnSink::new(&shape);
    values.iter().for_each(|value| sink.push(|sink| value.write_to(sink)));
    let one_by_one = sink.finish().unwrap().clone();
    sink.clear();
    sink.extend(values, usize::MAX, |value, sink| value.write_to(sink));
    assert_eq!(sink.finish().unwrap(), &one_by_one);
    one_by_one
}

fn block_of(column: &Column, place: Place) -> AlignedVec<16> {
    let block = Block::new(column, place, Compression::None).unwrap();
    let mut bytes = AlignedVec::new();
    block.pieces().iter().for_each(|piece| bytes.extend_from_slice(piece));
    bytes
}

fn place_of(column: &Column) -> Place {
    Place { table: 1, column: 2, segment: 3, rows: column.rows }
}

/// What a column holds, read as values of `V`.
fn out_of_a_column<V: Value>(column: &Column) -> Result<Vec<V>, Damage> {
    let loaded = Loaded::new(block_of(column, place_of(column)), place_of(column))?;
    let mut source = loaded.values(&Shape::of::<V>())?;
    let mut values = Vec::new();
    for _ in 0..source.rows() {
        source.begin();
        values.push(V::read_from(&mut source)?);
    }
    source.finish()?;
    Ok(values)
}

/// Both layouts, and the shape's text. Compared by what they show: two that are not a number are the same here.
fn comes_back<V: Value>(values: &[V]) {
    for value in values {
        let read: V = row::read(&in_a_row(value)).unwrap();
        assert_eq!(format!("{read:?}"), format!("{value:?}"));
    }
    let read: Vec<V> = out_of_a_column(&in_a_column(values)).unwrap();
    assert_eq!(format!("{read:?}"), format!("{values:?}"));
    let shape = Shape::of::<V>();
    assert_eq!(shape.to_string().parse(), Ok(shape));
}

fn decimals() -> impl Strategy<Value = Decimal> {
    let digits = (any::<u32>(), any::<u32>(), any::<u32>());
    (digits, any::<bool>(), 0_u32..=28).prop_map(|((low, middle, high), negative, scale)| {
        Decimal::from_parts(low, middle, high, negative, scale)
    })
}

fn timestamps() -> impl Strategy<Value = Timestamp> {
    let range = Timestamp::MIN.as_nanosecond()..=Timestamp::MAX.as_nanosecond();
    range.prop_map(|nanosecond| Timestamp::from_nanosecond(nanosecond).unwrap())
}

fn dates() -> impl Strategy<Value = Date> {
    let parts = (-9999_i16..=9999, 1_i8..=12, 1_i8..=31);
    parts.prop_filter_map("no such day", |(year, month, day)| Date::new(year, month, day).ok())
}

fn few<T: Arbitrary>() -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(any::<T>(), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn numbers_come_back(
        unsigned: Vec<(u8, u16, u32, u64, u128, usize)>,
        signed: Vec<(i8, i16, i32, i64, i128, isize)>,
        others: Vec<(f32, f64, bool, char)>,
    ) {
        comes_back(&unsigned);
        comes_back(&signed);
        comes_back(&others);
    }

    #[test]
    fn texts_and_what_holds_them_come_back(
        texts in few::<String>(),
        optional in few::<Option<String>>(),
        lists in prop::collection::vec(few::<Option<String>>(), 0..5),
        maps in prop::collection::vec(prop::collection::btree_map(".*", few::<u8>(), 0..5), 0..5),
        sets in prop::collection::vec(prop::collection::btree_set((0_u8.., ".*"), 0..5), 0..5),
        arrays in few::<[Option<(u8, String)>; 3]>(),
    ) {
        comes_back(&texts.iter().map(|text| Box::<str>::from(&**text)).collect::<Vec<_>>());
        comes_back(&texts.iter().map(|text| Arc::<str>::from(&**text)).collect::<Vec<_>>());
        comes_back(&texts);
        comes_back(&optional);
        comes_back(&lists);
        comes_back(&maps);
        comes_back(&sets);
        comes_back(&arrays);
    }

    #[test]
    fn foreign_types_come_back(
        decimals in prop::collection::vec(decimals(), 0..20),
        timestamps in prop::collection::vec(prop::option::of(timestamps()), 0..20),
        dates in prop::collection::vec((dates(), any::<bool>()), 0..20),
        uuids: Vec<u128>,
        keys: Vec<u64>,
    ) {
        comes_back(&decimals);
        comes_back(&timestamps);
        comes_back(&dates);
        comes_back(&uuids.into_iter().map(Uuid::from_u128).collect::<Vec<_>>());
        comes_back(&keys.into_iter().filter_map(AutoKey::new).collect::<Vec<_>>());
    }

    #[test]
    fn empty_things_come_back(lists: Vec<Vec<()>>, arrays: Vec<(Box<[u8; 0]>, Option<Option<()>>)>) {
        comes_back(&lists);
        comes_back(&arrays);
    }

    #[test]
    fn any_bytes_are_values_or_an_error(bytes: Vec<u8>) {
        fn read<V: Value>(bytes: &[u8]) {
            if let Ok(value) = row::read::<V>(bytes) {
                // What was accepted is what would have been written.
                assert_eq!(in_a_row(&value), bytes);
            }
        }
        read::<Vec<Option<bool>>>(&bytes);
        read::<(String, char, Timestamp)>(&bytes);
        read::<BTreeMap<u8, BTreeSet<u16>>>(&bytes);
        read::<(Date, Option<AutoKey>)>(&bytes);
        read::<Vec<[(); 2]>>(&bytes);
    }

    /// As if the checksums had been made right again.
    #[test]
    fn any_column_is_values_or_an_error(
        rows in 0_u32..8,
        flags in prop::collection::vec(0_u8..3, 0..8),
        lengths in prop::collection::vec(0_u32..8, 0..8),
        text: String,
        numbers: Vec<u32>,
    ) {
        let texts = || Part::Text { lengths: lengths.clone(), text: text.clone() };
        let column = |parts| Column { rows, parts };
        let _ = out_of_a_column::<Option<String>>(&column(vec![Part::U8(flags.clone()), texts()]));
        let _ = out_of_a_column::<String>(&column(vec![texts()]));
        let _ = out_of_a_column::<Vec<char>>(&column(vec![Part::U32(lengths.clone()), Part::U32(numbers.clone())]));
        let _ = out_of_a_column::<Vec<Vec<u8>>>(&column(vec![
            Part::U32(lengths.clone()),
            Part::U32(numbers),
            Part::U8(flags.clone()),
        ]));
        prop_assert!(out_of_a_column::<u8>(&column(vec![texts()])).is_err());
        prop_assert!(out_of_a_column::<u8>(&column(Vec::new())).is_err());
        prop_assert_eq!(
            out_of_a_column::<u8>(&column(vec![Part::U8(flags.clone())])).is_ok(),
            flags.len() == rows as usize
        );
    }
}

fn refused<V: Value>(bytes: &[u8]) -> String {
    row::read::<V>(bytes).unwrap_err().to_string()
}

#[test]
fn what_no_value_writes_is_refused() {
    assert_eq!(refused::<bool>(&[2]), "2 is no bool");
    assert_eq!(refused::<Option<u8>>(&[2, 0]), "2 is no option's flag");
    assert_eq!(refused::<char>(&0xd800_u32.to_le_bytes()), "55296 is no char");
    assert_eq!(refused::<AutoKey>(&[0; 8]), "0 is no key");
    assert_eq!(refused::<()>(&[1]), "1 is no empty value");
    assert_eq!(refused::<String>(&[1, 0xff]), "text that is not UTF-8");
    assert_eq!(refused::<String>(&[2, b'a']), "it ends too early");
    assert_eq!(refused::<u8>(&[1, 2]), "1 bytes follow where it should end");
    assert_eq!(refused::<Vec<u8>>(&[255, 1, 0, 0, 0, 7]), "a short length written as a long one");
    assert_eq!(refused::<BTreeSet<u8>>(&[2, 7, 7]), "a set whose values do not ascend");
    assert_eq!(refused::<BTreeMap<u8, u8>>(&[2, 7, 0, 6, 0]), "a map whose keys do not ascend");
    assert!(refused::<Date>(&in_a_row(&(2026 << 16 | 2 << 8 | 30))).contains("is no date"));
    assert!(refused::<Decimal>(&(29_u128 << 96).to_le_bytes()).contains("is no decimal"));
    assert!(refused::<Decimal>(&(1_u128 << 126).to_le_bytes()).contains("is no decimal"));
    assert!(refused::<Timestamp>(&in_a_row(&(1_i64, -1_i32))).contains("is no timestamp"));
    assert!(refused::<Timestamp>(&in_a_row(&(0_i64, 1_000_000_000_i32))).contains("timestamp"));
    assert!(refused::<Timestamp>(&in_a_row(&(i64::MAX, 0_i32))).contains("is no timestamp"));
}

#[test]
fn values_of_another_shape_are_refused_one_by_one_and_all_at_once() {
    let values = [(1_u32, 2_u32), (3, 4)];
    for shape in [Shape::of::<u32>(), Shape::of::<(u32, u32, u32)>(), Shape::of::<(u32, u64)>()] {
        let mut sink = ColumnSink::new(&shape);
        sink.extend(&values, usize::MAX, |value, sink| value.write_to(sink));
        assert_eq!(sink.finish().unwrap_err(), Unwritable::OtherShape, "{shape}");
        sink.clear();
        sink.push(|sink| values[0].write_to(sink));
        assert_eq!(sink.finish().unwrap_err(), Unwritable::OtherShape, "{shape}");
    }
}

#[test]
fn a_length_takes_no_memory_that_is_not_there() {
    let bytes = [255, 255, 255, 255, 255, 0];
    assert_eq!(refused::<Vec<[u64; 1000]>>(&bytes), "it ends too early");
    assert_eq!(refused::<Vec<()>>(&bytes), "it ends too early");
    let column = Column { rows: 1, parts: vec![Part::U32(vec![u32::MAX]), Part::U8(vec![0])] };
    assert!(out_of_a_column::<Vec<()>>(&column).is_err());
}

#[test]
fn long_lengths_come_back() {
    for length in [253, 254, 255, 256, 70_000] {
        comes_back(&["x".repeat(length)]);
        comes_back(&[vec![7_u8; length]]);
    }
}

#[test]
fn shapes_of_all_types_are_as_they_were() {
    fn is<V: Value>(text: &str, parts: &[PartKind]) {
        let shape = Shape::of::<V>();
        assert_eq!(shape.to_string(), text);
        assert_eq!(shape.parts(), parts, "{text}");
    }
    use PartKind::{Text, U8, U16, U32, U64, U128};
    is::<(u8, u16, u32, u64, u128)>("(u8,u16,u32,u64,u128)", &[U8, U16, U32, U64, U128]);
    is::<(i8, i16, i32, i64, i128)>("(i8,i16,i32,i64,i128)", &[U8, U16, U32, U64, U128]);
    is::<(usize, isize, f32, f64)>("(usize,isize,f32,f64)", &[U64, U64, U32, U64]);
    is::<(bool, char, ())>("(bool,char,())", &[U8, U32, U8]);
    is::<(String, Box<str>, Arc<str>)>("(text,text,text)", &[Text, Text, Text]);
    is::<(Timestamp, Date)>("(timestamp,date)", &[U64, U32, U32]);
    is::<(Decimal, Uuid, AutoKey)>("(decimal,uuid,auto)", &[U128, U128, U64]);
    is::<Option<Vec<u8>>>("opt<vec<u8>>", &[U8, U32, U8]);
    is::<BTreeMap<u8, BTreeSet<u16>>>("map<u8,set<u16>>", &[U32, U8, U32, U16]);
    is::<Box<[Option<u8>; 3]>>("[opt<u8>;3]", &[U8, U8]);
    is::<[u64; 0]>("[u64;0]", &[U8]);
}

/// The value of `from` as one of `to`, out of both layouts.
fn converted<A: Value, B: Value>(value: &A) -> Result<B, String> {
    let shapes = (Shape::of::<A>(), Shape::of::<B>());
    let transcode =
        Transcode::between(&shapes.0, &shapes.1).map_err(|refusal| refusal.to_string())?;
    let transcode = transcode.expect("the shapes differ");
    let mut out = [Vec::new(), Vec::new()];
    let bytes = in_a_row(value);
    let mut source = RowSource::new(&bytes);
    row::write(&mut out[0], |sink| transcode.value(&mut source, sink).unwrap()).unwrap();
    source.finish().unwrap();
    let column = in_a_column(std::slice::from_ref(value));
    let loaded = Loaded::new(block_of(&column, place_of(&column)), place_of(&column)).unwrap();
    let mut source = loaded.values(&shapes.0).unwrap();
    row::write(&mut out[1], |sink| transcode.value(&mut source, sink).unwrap()).unwrap();
    source.finish().unwrap();
    assert_eq!(out[0], out[1]);
    row::read(&out[0]).map_err(|malformed: Malformed| malformed.to_string())
}

fn becomes<A: Value, B: Value + Debug>(value: A, expected: B) {
    assert_eq!(converted::<A, B>(&value), Ok(expected));
}

#[test]
fn values_become_what_loses_nothing() {
    becomes(200_u8, 200_u16);
    becomes(-7_i8, -7_i128);
    becomes(250_u8, 250_i16);
    becomes(7_u64, 7_usize);
    becomes(1.5_f32, 1.5_f64);
    becomes("ann".to_owned(), Some("ann".to_owned()));
    becomes(vec![1_u8, 2], vec![Some(1_u64), Some(2)]);
    becomes(Some((1_u8, -1_i16)), Some((Some(1_u32), -1_i64)));
    becomes(None::<u8>, None::<u32>);
    becomes([(1_u8, true), (2, false)], [(1_u16, true), (2, false)]);
    becomes(
        BTreeMap::from([(3_u8, "a".to_owned())]),
        BTreeMap::from([(3_u8, Some("a".to_owned()))]),
    );
    becomes((BTreeSet::from([1_u8]), 1_u8, ()), (BTreeSet::from([1_u8]), 1_u32, ()));
}

#[test]
fn what_would_lose_something_is_refused() {
    fn is_refused<A: Value, B: Value>() {
        let (stored, current) = (Shape::of::<A>(), Shape::of::<B>());
        assert!(Transcode::between(&stored, &current).is_err(), "{stored} → {current}");
    }
    is_refused::<u16, u8>();
    is_refused::<u8, i8>();
    is_refused::<i8, u16>();
    is_refused::<Option<u8>, u8>();
    is_refused::<u8, bool>();
    is_refused::<u32, f64>();
    is_refused::<Uuid, u128>();
    is_refused::<Timestamp, Date>();
    is_refused::<[u8; 2], [u8; 3]>();
    is_refused::<(u8, u8), (u8, u8, u8)>();
    is_refused::<BTreeSet<u8>, BTreeSet<u16>>();
    is_refused::<BTreeMap<u8, u8>, BTreeMap<u16, u8>>();
    is_refused::<Vec<u8>, BTreeSet<u8>>();
}

fn judged(stored: &str, current: &str) -> Result<(), String> {
    let between = Transcode::between(&stored.parse().unwrap(), &current.parse().unwrap());
    between.map(|_| ()).map_err(|refusal| refusal.to_string())
}

#[test]
fn shapes_are_judged_by_name() {
    let ok = Ok(());
    assert_eq!(judged("enum{A,B{0:u8}}", "enum{C,B{0:u16},A}"), ok);
    assert_eq!(judged("struct{a:u8,b:text}", "struct{b:text,c:opt<u8>}"), ok);
    assert_eq!(judged("id<users,u32>", "id<users,u64>"), ok);
    assert_eq!(
        judged("nested<enum{Leaf,List{0:vec<^0>}}>", "nested<enum{List{0:vec<opt<^0>>},Leaf,New}>"),
        ok
    );
    assert_eq!(judged("enum{Leaf}", "nested<enum{Leaf,List{0:vec<^0>}}>"), ok);
    let refusal = |stored, current| judged(stored, current).unwrap_err();
    assert_eq!(
        refusal("enum{A,B}", "enum{A}"),
        "the variant `B` was removed, and values of it may be stored"
    );
    assert_eq!(
        refusal("struct{a:enum{X{at:u8}}}", "struct{a:enum{X{at:u8,by:text}}}"),
        "field `a`: variant `X`: field `by`: it was added, and is no `Option`"
    );
    assert_eq!(refusal("u16", "u8"), "`u16` does not become `u8` by itself");
    assert!(judged("id<users,auto>", "id<posts,auto>").is_err());
    // Shapes that no type has, as a file may have them.
    for (stored, current) in
        [("nested<^0>", "u8"), ("u8", "nested<^0>"), ("nested<^0>", "nested<opt<^0>>")]
    {
        let _ = judged(stored, current);
    }
}

#[test]
fn a_damaged_block_says_what_is_wrong() {
    let column = in_a_column(&[1_u32, 2, 3]);
    let (bytes, place) = (block_of(&column, place_of(&column)), place_of(&column));
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(Loaded::new(damaged, place).is_err(), "bit {bit}");
    }
    let other = Place { column: 3, ..place };
    assert!(matches!(Loaded::new(bytes.clone(), other), Err(Damage::Elsewhere { .. })));
    let loaded = Loaded::new(bytes, place).unwrap();
    assert!(matches!(loaded.values(&Shape::of::<u64>()), Err(Damage::Values(_))));
}

/// What the log takes a snapshot must take, and its columns are not as long as lengths could be.
#[test]
fn what_is_too_long_for_a_snapshot_is_refused_at_once() {
    for (length, outcome) in [(LONGEST, Ok(())), (LONGEST + 1, Err(Unwritable::TooLong))] {
        let mut bytes = Vec::new();
        assert_eq!(row::write(&mut bytes, |sink| sink.length(length)), outcome);
        let mut sink = ColumnSink::new(&Shape::of::<Vec<u8>>());
        sink.push(|sink| {
            sink.length(length);
            sink.u8s(&[]);
        });
        assert_eq!(sink.finish().map(drop), outcome);
    }
}
