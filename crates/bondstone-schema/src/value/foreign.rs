//! Times, decimals and UUIDs as columns.
#![cfg_attr(
    any(feature = "jiff", feature = "decimal", feature = "uuid"),
    expect(unsafe_code, reason = "each type is known to have no interior mutability")
)]

#[cfg(any(feature = "jiff", feature = "decimal", feature = "uuid"))]
use super::{KeyBuf, TypeInfo, Value, ValueRef};
#[cfg(any(feature = "jiff", feature = "decimal", feature = "uuid"))]
use crate::shape::{Nesting, Primitive, Shape};
#[cfg(any(feature = "jiff", feature = "decimal", feature = "uuid"))]
use crate::stored::{Malformed, Sink, Source};

// SAFETY: a timestamp is two integers.
#[cfg(feature = "jiff")]
unsafe impl Value for jiff::Timestamp {
    crate::never_null!();

    const WIDTH: Option<usize> = Some(12);
    const COMPARED: bool = false;

    fn describe() -> TypeInfo {
        TypeInfo::named("timestamp")
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Timestamp(*self)
    }

    fn encode(&self, key: &mut KeyBuf) {
        // Seconds rounded down, so that the nanoseconds count upwards before the epoch too.
        let nanoseconds = self.as_nanosecond();
        let second = nanoseconds.div_euclid(1_000_000_000) as i64;
        let rest = nanoseconds.rem_euclid(1_000_000_000) as u32;
        second.encode(key);
        rest.encode(key);
    }

    const PARTS: usize = 2;

    fn shape(_: &mut Nesting) -> Shape {
        Shape::Primitive(Primitive::Timestamp)
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        self.as_second().write_to(sink);
        self.subsec_nanosecond().write_to(sink);
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        let (second, nanosecond) = (i64::read_from(source)?, i32::read_from(source)?);
        let timestamp = Self::new(second, nanosecond).ok();
        let is_written_so = |timestamp: &Self| {
            (timestamp.as_second(), timestamp.subsec_nanosecond()) == (second, nanosecond)
        };
        let unknown = || Malformed::no("timestamp", (second, nanosecond));
        timestamp.filter(is_written_so).ok_or_else(unknown)
    }
}

// SAFETY: a date is three integers.
#[cfg(feature = "jiff")]
unsafe impl Value for jiff::civil::Date {
    crate::never_null!();

    const WIDTH: Option<usize> = Some(4);
    const COMPARED: bool = false;

    fn describe() -> TypeInfo {
        TypeInfo::named("date")
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Date(*self)
    }

    fn encode(&self, key: &mut KeyBuf) {
        self.year().encode(key);
        self.month().encode(key);
        self.day().encode(key);
    }

    #[inline]
    fn word(&self) -> u64 {
        self.year().word() << 16 | self.month().word() << 8 | self.day().word()
    }

    const PARTS: usize = 1;

    fn shape(_: &mut Nesting) -> Shape {
        Shape::Primitive(Primitive::Date)
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        let year = u32::from(self.year().cast_unsigned());
        let [month, day] = [self.month(), self.day()].map(|part| u32::from(part.cast_unsigned()));
        sink.u32(year << 16 | month << 8 | day);
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        let bits = source.u32()?;
        let year = ((bits >> 16) as u16).cast_signed();
        let [month, day] = [(bits >> 8) as u8, bits as u8].map(u8::cast_signed);
        Self::new(year, month, day).map_err(|_| Malformed::no("date", (year, month, day)))
    }
}

// SAFETY: a UUID is sixteen bytes.
#[cfg(feature = "uuid")]
unsafe impl Value for uuid::Uuid {
    crate::never_null!();
    super::hashes!();

    const WIDTH: Option<usize> = Some(16);
    const COMPARED: bool = false;

    fn describe() -> TypeInfo {
        TypeInfo::named("uuid")
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Uuid(*self)
    }

    fn encode(&self, key: &mut KeyBuf) {
        key.push(self.as_bytes());
    }

    const PARTS: usize = 1;

    fn shape(_: &mut Nesting) -> Shape {
        Shape::Primitive(Primitive::Uuid)
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        sink.u128(self.as_u128());
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        source.u128().map(Self::from_u128)
    }
}

// SAFETY: a decimal is four integers.
#[cfg(feature = "decimal")]
unsafe impl Value for rust_decimal::Decimal {
    crate::never_null!();

    const COMPARED: bool = false;

    fn describe() -> TypeInfo {
        TypeInfo::named("decimal")
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Decimal(*self)
    }

    fn encode(&self, key: &mut KeyBuf) {
        encode_decimal(*self, key);
    }

    const PARTS: usize = 1;

    fn shape(_: &mut Nesting) -> Shape {
        Shape::Primitive(Primitive::Decimal)
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        let sign = u128::from(self.is_sign_negative());
        sink.u128(self.mantissa().unsigned_abs() | u128::from(self.scale()) << 96 | sign << 127);
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        let bits = source.u128()?;
        let [low, middle, high] = [bits, bits >> 32, bits >> 64].map(|part| part as u32);
        let (scale, negative) = ((bits >> 96) as u32 & 0x7fff_ffff, bits >> 127 == 1);
        if scale > Self::MAX_SCALE {
            return Err(Malformed::no("decimal", bits));
        }
        Ok(Self::from_parts(low, middle, high, negative, scale))
    }
}

/// Sign (0, 1 or 2), decimal exponent, then the digits without trailing zeros, two in a byte plus one (so that no byte
/// of digits is 0), and 0 at the end. All but the sign is complemented for negative numbers. Equal numbers of different
/// scale get equal bytes.
#[cfg(feature = "decimal")]
fn encode_decimal(value: rust_decimal::Decimal, key: &mut KeyBuf) {
    let value = value.normalize();
    if value.is_zero() {
        return key.push(&[1]);
    }
    let negative = value.is_sign_negative();
    let flip = |byte: u8| if negative { !byte } else { byte };
    let digits = value.mantissa().unsigned_abs().to_string();
    // The number is 0.d1d2d3… × 10^exponent, with exponent from -27 to 29.
    let exponent = digits.len() as i32 - value.scale() as i32;
    key.push(&[if negative { 0 } else { 2 }, flip((exponent + 64) as u8)]);
    let digits = digits.trim_end_matches('0').as_bytes();
    for pair in digits.chunks(2) {
        let tens = pair[0] - b'0';
        let units = pair.get(1).map_or(0, |digit| digit - b'0');
        key.push(&[flip(tens * 10 + units + 1)]);
    }
    key.push(&[flip(0)]);
}

#[cfg(all(test, feature = "decimal", feature = "jiff"))]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    fn key<V: Value>(value: &V) -> Vec<u8> {
        let mut key = KeyBuf::new();
        value.encode(&mut key);
        key.bytes().to_vec()
    }

    #[test]
    fn decimals_keep_their_order() {
        let mut values: Vec<Decimal> = [
            "-79228162514264337593543950335",
            "-100.5",
            "-100",
            "-19.99",
            "-19.9",
            "-2",
            "-1.5",
            "-1",
            "-0.01",
            "-0.0000000000000000000000000001",
            "0",
            "0.0000000000000000000000000001",
            "0.009",
            "0.01",
            "0.1",
            "0.10",
            "0.11",
            "1",
            "1.0",
            "1.05",
            "1.5",
            "9.99",
            "10",
            "10.01",
            "19.9",
            "19.99",
            "99",
            "100",
            "100.5",
            "79228162514264337593543950335",
        ]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
        values.extend((-500..500).map(|n| Decimal::new(n * 37, 3)));
        for a in &values {
            for b in &values {
                assert_eq!(key(a).cmp(&key(b)), a.cmp(b), "{a} {b}");
            }
        }
    }

    #[test]
    fn times_keep_their_order() {
        let values: Vec<jiff::Timestamp> = [
            -2_000_000_001_i128,
            -2_000_000_000,
            -1_999_999_999,
            -1,
            0,
            1,
            999_999_999,
            1_000_000_000,
        ]
        .iter()
        .map(|n| jiff::Timestamp::from_nanosecond(*n).unwrap())
        .collect();
        for a in &values {
            for b in &values {
                assert_eq!(key(a).cmp(&key(b)), a.cmp(b), "{a} {b}");
            }
        }
        let old = jiff::civil::date(-44, 3, 15);
        assert!(key(&old) < key(&jiff::civil::date(2026, 1, 1)));
        assert!(key(&jiff::civil::date(2026, 1, 31)) < key(&jiff::civil::date(2026, 2, 1)));
    }

    #[test]
    fn integers_keep_their_order() {
        for a in [i64::MIN, -5, -1, 0, 1, 7, i64::MAX] {
            for b in [i64::MIN, -5, -1, 0, 1, 7, i64::MAX] {
                assert_eq!(key(&a).cmp(&key(&b)), a.cmp(&b));
                assert_eq!(key(&Some(a)).cmp(&key(&None::<i64>)), Some(a).cmp(&None));
            }
        }
    }
}
