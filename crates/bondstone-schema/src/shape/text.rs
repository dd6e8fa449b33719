//! Shapes as text, and back.

use std::fmt::{self, Write};
use std::str::FromStr;

use super::{Field, Primitive, Shape, Variant};

/// How deep a shape may be nested.
const DEEPEST: usize = 128;

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Primitive(primitive) => f.write_str(primitive.name()),
            Self::Option(inside) => write!(f, "opt<{inside}>"),
            Self::Vec(element) => write!(f, "vec<{element}>"),
            Self::Set(element) => write!(f, "set<{element}>"),
            Self::Map(key, value) => write!(f, "map<{key},{value}>"),
            Self::Array(element, length) => write!(f, "[{element};{length}]"),
            Self::Tuple(fields) => {
                f.write_str("(")?;
                separated(f, fields)?;
                f.write_str(")")
            }
            Self::Struct(fields) => {
                f.write_str("struct{")?;
                separated(f, fields)?;
                f.write_str("}")
            }
            Self::Enum(variants) => {
                f.write_str("enum{")?;
                separated(f, variants)?;
                f.write_str("}")
            }
            Self::Id(table, key) => {
                f.write_str("id<")?;
                write_name(f, table)?;
                write!(f, ",{key}>")
            }
            Self::Nested(inside) => write!(f, "nested<{inside}>"),
            Self::Within(depth) => write!(f, "^{depth}"),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.shape)
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.fields.is_empty() {
            return Ok(());
        }
        f.write_str("{")?;
        separated(f, &self.fields)?;
        f.write_str("}")
    }
}

fn separated(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            f.write_str(",")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if !name.is_empty() && name.chars().all(is_of_a_name) {
        return f.write_str(name);
    }
    f.write_str("\"")?;
    for letter in name.chars() {
        if matches!(letter, '"' | '\\') {
            f.write_str("\\")?;
        }
        f.write_char(letter)?;
    }
    f.write_str("\"")
}

/// May it stand in a name of Rust? Whatever Rust allows is alphanumeric or one of the marks that join letters.
fn is_of_a_name(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric() || (!letter.is_ascii() && !letter.is_whitespace())
}

/// Why a text is no shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    at: usize,
    expected: &'static str,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no shape: {} expected at byte {}", self.expected, self.at)
    }
}

impl std::error::Error for ShapeError {}

impl FromStr for Shape {
    type Err = ShapeError;

    /// Reads what `Display` wrote. O(length).
    fn from_str(text: &str) -> Result<Self, ShapeError> {
        let mut parser = Parser { text, at: 0, deep: 0, open: 0 };
        let shape = parser.shape()?;
        if parser.at == text.len() { Ok(shape) } else { Err(parser.expected("the end")) }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// Shapes around this place.
    deep: usize,
    /// `nested` around this place.
    open: usize,
}

impl<'a> Parser<'a> {
    fn shape(&mut self) -> Result<Shape, ShapeError> {
        if self.deep == DEEPEST {
            return Err(self.expected("a less deeply nested shape"));
        }
        self.deep += 1;
        let shape = self.any();
        self.deep -= 1;
        shape
    }

    fn any(&mut self) -> Result<Shape, ShapeError> {
        if self.take("(") {
            return Ok(Shape::Tuple(self.list(")", Self::shape)?));
        }
        if self.take("[") {
            let element = self.boxed()?;
            self.need(";", "`;`")?;
            let length = self.number()?;
            self.need("]", "`]`")?;
            return Ok(Shape::Array(element, length));
        }
        if self.take("^") {
            let depth = self.number()?;
            return match usize::try_from(depth) {
                Ok(depth) if depth < self.open => Ok(Shape::Within(depth)),
                _ => Err(self.expected("the depth of a `nested` around it")),
            };
        }
        self.named()
    }

    fn named(&mut self) -> Result<Shape, ShapeError> {
        let start = self.at;
        let word = self.word()?;
        let shape = match word {
            "opt" => Shape::Option(self.only()?),
            "vec" => Shape::Vec(self.only()?),
            "set" => Shape::Set(self.only()?),
            "nested" => {
                self.open += 1;
                let inside = self.only();
                self.open -= 1;
                Shape::Nested(inside?)
            }
            "map" => {
                self.need("<", "`<`")?;
                let key = self.boxed()?;
                self.need(",", "`,`")?;
                let value = self.boxed()?;
                self.need(">", "`>`")?;
                Shape::Map(key, value)
            }
            "id" => {
                self.need("<", "`<`")?;
                let table = self.name()?;
                self.need(",", "`,`")?;
                let key = self.boxed()?;
                self.need(">", "`>`")?;
                Shape::Id(table, key)
            }
            "struct" => {
                self.need("{", "`{`")?;
                Shape::Struct(self.list("}", Self::field)?)
            }
            "enum" => {
                self.need("{", "`{`")?;
                Shape::Enum(self.list("}", Self::variant)?)
            }
            _ => {
                let known = Primitive::ALL.iter().find(|primitive| primitive.name() == word);
                let unknown = ShapeError { at: start, expected: "a shape" };
                Shape::Primitive(*known.ok_or(unknown)?)
            }
        };
        Ok(shape)
    }

    fn field(&mut self) -> Result<Field, ShapeError> {
        let name = self.word()?.to_owned();
        self.need(":", "`:`")?;
        Ok(Field { name, shape: self.shape()? })
    }

    fn variant(&mut self) -> Result<Variant, ShapeError> {
        let name = self.word()?.to_owned();
        let start = self.at;
        let fields = if self.take("{") { self.list("}", Self::field)? } else { Vec::new() };
        if fields.is_empty() && self.at > start {
            return Err(ShapeError { at: start, expected: "a field, or no braces" });
        }
        Ok(Variant { name, fields })
    }

    /// What stands between `<` and `>`.
    fn only(&mut self) -> Result<Box<Shape>, ShapeError> {
        self.need("<", "`<`")?;
        let inside = self.boxed()?;
        self.need(">", "`>`")?;
        Ok(inside)
    }

    fn boxed(&mut self) -> Result<Box<Shape>, ShapeError> {
        self.shape().map(Box::new)
    }

    /// Items with commas between them, up to `end`.
    fn list<T>(
        &mut self,
        end: &'static str,
        item: fn(&mut Self) -> Result<T, ShapeError>,
    ) -> Result<Vec<T>, ShapeError> {
        let mut items = Vec::new();
        if self.take(end) {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.take(end) {
                return Ok(items);
            }
            self.need(",", "`,` or the end of the list")?;
        }
    }

    /// A name as it is, or in quotes.
    fn name(&mut self) -> Result<String, ShapeError> {
        if !self.take("\"") {
            return self.word().map(ToOwned::to_owned);
        }
        let start = self.at - 1;
        let mut name = String::new();
        loop {
            let letter = self.letter()?;
            match letter {
                '"' if name.is_empty() || !name.chars().all(is_of_a_name) => return Ok(name),
                '"' => return Err(ShapeError { at: start, expected: "a name without quotes" }),
                '\\' => match self.letter()? {
                    letter @ ('"' | '\\') => name.push(letter),
                    _ => return Err(self.expected("`\\` or a quote before this")),
                },
                letter => name.push(letter),
            }
        }
    }

    fn letter(&mut self) -> Result<char, ShapeError> {
        let letter = self.rest().chars().next().ok_or_else(|| self.expected("a quote"))?;
        self.at += letter.len_utf8();
        Ok(letter)
    }

    fn word(&mut self) -> Result<&'a str, ShapeError> {
        let rest = self.rest();
        let length = rest.find(|letter| !is_of_a_name(letter)).unwrap_or(rest.len());
        if length == 0 {
            return Err(self.expected("a name"));
        }
        self.at += length;
        Ok(&rest[..length])
    }

    /// A number as `Display` writes it: no sign, no zeros before it.
    fn number(&mut self) -> Result<u64, ShapeError> {
        let start = self.at;
        let digits = self.word()?;
        let number = digits.parse::<u64>().ok().filter(|number| number.to_string() == digits);
        number.ok_or(ShapeError { at: start, expected: "a number" })
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take(&mut self, token: &str) -> bool {
        let there = self.rest().starts_with(token);
        if there {
            self.at += token.len();
        }
        there
    }

    fn need(&mut self, token: &str, expected: &'static str) -> Result<(), ShapeError> {
        if self.take(token) { Ok(()) } else { Err(self.expected(expected)) }
    }

    const fn expected(&self, expected: &'static str) -> ShapeError {
        ShapeError { at: self.at, expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "u8",
            "()",
            "(u8,text)",
            "[opt<f64>;3]",
            "map<text,vec<(date,timestamp)>>",
            "struct{}",
            "struct{0:decimal,größe:uuid}",
            "enum{Draft,Sent{at:timestamp,0:set<char>}}",
            "id<users,auto>",
            "id<\"my \\\"table\\\\\",(u8,id<tags,text>)>",
            "nested<enum{Leaf,Both{0:^0,1:nested<struct{in:^0,out:opt<^1>}>}}>",
        ] {
            assert_eq!(text.parse::<Shape>().map(|shape| shape.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_no_shape_is_refused() {
        for text in [
            "",
            "u9",
            "u8 ",
            " u8",
            "opt<u8",
            "opt<>",
            "vec",
            "(u8,)",
            "^0",
            "nested<^1>",
            "[u8;]",
            "[u8;03]",
            "[u8;+3]",
            "enum{A{}}",
            "enum{A B}",
            "struct{a}",
            "id<\"users\",auto>",
            "id<,auto>",
            "id<\"a\\b\",auto>",
            "[u8;99999999999999999999]",
            "map<u8>",
        ] {
            assert!(text.parse::<Shape>().is_err(), "{text}");
        }
        assert!("(".repeat(100_000).parse::<Shape>().is_err());
        assert!("opt<".repeat(100_000).parse::<Shape>().is_err());
    }
}
