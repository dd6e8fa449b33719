//! A stored value of one shape as a value of another, where nothing is guessed.
//!
//! What a shape may become: an enum with the same variants and more, in any order; a struct with its fields in another order, fewer, or more
//! of them that are options; `T` an `opt<T>`; an integer a wider one, `f32` an `f64`; and a composed shape the same one over what
//! its parts may become. Keys of maps and elements of sets stay as they are, since another shape may order them differently.
//!
//! This is the slow way, taken only for the columns that changed: a value is read as a tree and written in the layout of rows.

use std::fmt::Display;

use bondstone_schema::shape::{Field, Variant};
use bondstone_schema::{Malformed, PartKind, Primitive, Shape, Sink, Source};

/// Why values of a stored shape are none of the current one, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(String);

impl Refusal {
    fn of(stored: &Shape, current: &Shape) -> Self {
        Self(format!("`{stored}` does not become `{current}` by itself"))
    }

    fn within(self, what: &str, name: impl Display) -> Self {
        Self(format!("{what} `{name}`: {}", self.0))
    }
}

/// From a stored shape to the current one.
#[derive(Clone, Debug)]
pub struct Transcode {
    stored: Shape,
    current: Shape,
}

impl Transcode {
    /// How values of the stored shape become values of the current one; `None` if both are the same.
    ///
    /// # Errors
    /// They do not.
    pub fn between(stored: &Shape, current: &Shape) -> Result<Option<Self>, Refusal> {
        if stored == current {
            return Ok(None);
        }
        let mut judge = Judge { assumed: Vec::new(), deep: 0 };
        judge.convertible(At::root(stored), At::root(current))?;
        Ok(Some(Self { stored: stored.clone(), current: current.clone() }))
    }

    /// Reads a stored value and writes the current one. O(its size × the size of the shapes).
    ///
    /// # Errors
    /// The stored value is malformed.
    pub fn value(&self, source: &mut dyn Source, sink: &mut dyn Sink) -> Result<(), Malformed> {
        let (stored, current) = (At::root(&self.stored), At::root(&self.current));
        let node = read(stored, source)?;
        write(&node, stored, current, sink)
    }
}

/// Passes over a stored value. O(its size).
///
/// # Errors
/// It is malformed.
pub fn skip(shape: &Shape, source: &mut dyn Source) -> Result<(), Malformed> {
    read(At::root(shape), source).map(|_| ())
}

/// Copies a stored value into the layout of rows. O(its size).
///
/// # Errors
/// It is malformed.
pub fn copy(shape: &Shape, source: &mut dyn Source, sink: &mut dyn Sink) -> Result<(), Malformed> {
    let node = read(At::root(shape), source)?;
    write(&node, At::root(shape), At::root(shape), sink)
}

/// A stored value in words: numbers and texts as they are, what is made of them in brackets. O(its size).
///
/// # Errors
/// It is malformed.
pub fn words(shape: &Shape, source: &mut dyn Source) -> Result<String, Malformed> {
    Ok(node_words(shape, &read(At::root(shape), source)?))
}

fn node_words(shape: &Shape, node: &Node) -> String {
    match (shape, node) {
        (Shape::Id(_, key), node) => node_words(key, node),
        (Shape::Primitive(primitive), Node::Numbers([number, _])) => match integer(*primitive) {
            Some((true, bits)) => extended(*number, bits).cast_signed().to_string(),
            _ => number.to_string(),
        },
        (Shape::Tuple(shapes), Node::List(nodes)) => {
            let parts = shapes.iter().zip(nodes).map(|(shape, node)| node_words(shape, node));
            format!("({})", parts.collect::<Vec<_>>().join(", "))
        }
        (_, Node::Text(text)) => format!("{text:?}"),
        (shape, _) => format!("a `{shape}`"),
    }
}

/// A shape, and the nested ones around it.
#[derive(Clone, Copy)]
struct At<'a> {
    shape: &'a Shape,
    around: Option<&'a Around<'a>>,
}

struct Around<'a> {
    nested: &'a Shape,
    further: Option<&'a Around<'a>>,
}

impl<'a> At<'a> {
    const fn root(shape: &'a Shape) -> Self {
        Self { shape, around: None }
    }

    const fn inside(self, shape: &'a Shape) -> Self {
        Self { shape, around: self.around }
    }

    /// What a reference to a nested shape means, and nothing else.
    fn resolved(self) -> Self {
        let Shape::Within(depth) = self.shape else { return self };
        let mut around = self.around;
        for _ in 0..*depth {
            around = around.and_then(|around| around.further);
        }
        match around {
            Some(Around { nested, further }) => Self { shape: nested, around: *further },
            None => self,
        }
    }
}

/// Decides whether one shape becomes another.
struct Judge {
    /// Nested shapes that are being looked at: what they contain of themselves becomes whatever they become.
    assumed: Vec<(*const Shape, *const Shape)>,
    deep: usize,
}

/// How deep two shapes are followed: more than the text of a shape is nested.
const DEEPEST: usize = 1024;

impl Judge {
    fn convertible(&mut self, stored: At<'_>, current: At<'_>) -> Result<(), Refusal> {
        if self.deep == DEEPEST {
            return Err(Refusal("it is nested too deeply to be compared".to_owned()));
        }
        self.deep += 1;
        let result = self.unwrapped(stored, current);
        self.deep -= 1;
        result
    }

    /// As [`convertible`](Self::convertible), whichever of them is nested: that is only how it is written.
    fn unwrapped(&mut self, stored: At<'_>, current: At<'_>) -> Result<(), Refusal> {
        let (stored, current) = (stored.resolved(), current.resolved());
        if [stored, current].iter().any(|at| matches!(at.shape, Shape::Nested(_))) {
            let pair: (*const Shape, *const Shape) = (stored.shape, current.shape);
            if self.assumed.contains(&pair) {
                return Ok(());
            }
            self.assumed.push(pair);
        }
        match (stored.shape, current.shape) {
            (Shape::Nested(one), Shape::Nested(other)) => {
                let (one_around, other_around) = (around(stored), around(current));
                self.convertible(
                    At { shape: one, around: Some(&one_around) },
                    At { shape: other, around: Some(&other_around) },
                )
            }
            (Shape::Nested(one), _) => {
                let around = around(stored);
                self.convertible(At { shape: one, around: Some(&around) }, current)
            }
            (_, Shape::Nested(other)) => {
                let around = around(current);
                self.convertible(stored, At { shape: other, around: Some(&around) })
            }
            _ => self.inside(stored, current),
        }
    }

    fn inside(&mut self, stored: At<'_>, current: At<'_>) -> Result<(), Refusal> {
        let refused = || Err(Refusal::of(stored.shape, current.shape));
        match (stored.shape, current.shape) {
            (Shape::Primitive(from), Shape::Primitive(to)) if widens(*from, *to) => Ok(()),
            (Shape::Option(from), Shape::Option(to)) | (Shape::Vec(from), Shape::Vec(to)) => {
                self.convertible(stored.inside(from), current.inside(to))
            }
            (_, Shape::Option(to)) => self.convertible(stored, current.inside(to)),
            (Shape::Set(from), Shape::Set(to)) if from == to => Ok(()),
            (Shape::Map(from_key, from), Shape::Map(to_key, to)) if from_key == to_key => {
                self.convertible(stored.inside(from), current.inside(to))
            }
            (Shape::Array(from, length), Shape::Array(to, same)) if length == same => {
                self.convertible(stored.inside(from), current.inside(to))
            }
            (Shape::Id(table, from), Shape::Id(same, to)) if table == same => {
                self.convertible(stored.inside(from), current.inside(to))
            }
            (Shape::Tuple(from), Shape::Tuple(to)) if from.len() == to.len() => {
                let mut pairs = from.iter().zip(to);
                pairs.try_for_each(|(from, to)| {
                    self.convertible(stored.inside(from), current.inside(to))
                })
            }
            (Shape::Struct(from), Shape::Struct(to)) => self.fields((stored, from), (current, to)),
            (Shape::Enum(from), Shape::Enum(to)) => from.iter().try_for_each(|variant| {
                let Some(now) = find_variant(to, &variant.name) else {
                    return Err(Refusal(format!(
                        "the variant `{}` was removed, and values of it may be stored",
                        variant.name
                    )));
                };
                self.fields((stored, &variant.fields), (current, &to[now].fields))
                    .map_err(|refusal| refusal.within("variant", &variant.name))
            }),
            _ => refused(),
        }
    }

    fn fields(
        &mut self,
        (stored, from): (At<'_>, &[Field]),
        (current, to): (At<'_>, &[Field]),
    ) -> Result<(), Refusal> {
        to.iter().try_for_each(|field| {
            let result = match find_field(from, &field.name) {
                Some(was) => {
                    self.convertible(stored.inside(&from[was].shape), current.inside(&field.shape))
                }
                None if matches!(field.shape, Shape::Option(_)) => Ok(()),
                None => Err(Refusal("it was added, and is no `Option`".to_owned())),
            };
            result.map_err(|refusal| refusal.within("field", &field.name))
        })
    }
}

const fn around(at: At<'_>) -> Around<'_> {
    Around { nested: at.shape, further: at.around }
}

fn find_field(fields: &[Field], name: &str) -> Option<usize> {
    fields.iter().position(|field| field.name == name)
}

fn find_variant(variants: &[Variant], name: &str) -> Option<usize> {
    variants.iter().position(|variant| variant.name == name)
}

/// Is every value of `from` one of `to`?
fn widens(from: Primitive, to: Primitive) -> bool {
    match (integer(from), integer(to)) {
        _ if from == to => true,
        (Some((signed, bits)), Some((to_signed, to_bits))) => {
            to_bits > bits && (to_signed || !signed) || to_bits == bits && signed == to_signed
        }
        _ => (from, to) == (Primitive::F32, Primitive::F64),
    }
}

/// Is it signed, and how many bits has it?
const fn integer(primitive: Primitive) -> Option<(bool, u32)> {
    Some(match primitive {
        Primitive::U8 => (false, 8),
        Primitive::U16 => (false, 16),
        Primitive::U32 => (false, 32),
        Primitive::U64 | Primitive::Usize => (false, 64),
        Primitive::U128 => (false, 128),
        Primitive::I8 => (true, 8),
        Primitive::I16 => (true, 16),
        Primitive::I32 => (true, 32),
        Primitive::I64 | Primitive::Isize => (true, 64),
        Primitive::I128 => (true, 128),
        _ => return None,
    })
}

/// A value as it was read.
enum Node {
    /// The parts of a primitive that is no text.
    Numbers([u128; 2]),
    Text(String),
    None,
    Some(Box<Node>),
    /// Elements; fields; keys and values in turn.
    List(Vec<Node>),
    Variant(usize, Vec<Node>),
}

fn read(at: At<'_>, source: &mut dyn Source) -> Result<Node, Malformed> {
    let at = at.resolved();
    let start = source.part();
    let list = |node: Vec<Node>| Ok(Node::List(node));
    match at.shape {
        Shape::Primitive(Primitive::Text) => Ok(Node::Text(source.text()?.to_owned())),
        Shape::Primitive(primitive) => {
            let mut numbers = [0; 2];
            for (number, kind) in numbers.iter_mut().zip(primitive.parts()) {
                *number = read_number(*kind, source)?;
            }
            Ok(Node::Numbers(numbers))
        }
        Shape::Option(inside) => match source.u8()? {
            0 => {
                source.go(start + parts(at.shape));
                Ok(Node::None)
            }
            1 => Ok(Node::Some(Box::new(read(at.inside(inside), source)?))),
            other => Err(Malformed::no("option's flag", other)),
        },
        Shape::Vec(element) | Shape::Set(element) => {
            let length = source.length()?;
            let elements = read_times(length, at, &[&**element], source)?;
            source.go(start + parts(at.shape));
            list(elements)
        }
        Shape::Map(key, value) => {
            let length = source.length()?;
            let elements = read_times(length, at, &[&**key, &**value], source)?;
            source.go(start + parts(at.shape));
            list(elements)
        }
        Shape::Array(_, 0) => read_nothing(source),
        Shape::Array(element, length) => {
            let length = usize::try_from(*length).map_err(|_| Malformed::end())?;
            let elements = read_times(length, at, &[&**element], source)?;
            source.go(start + parts(at.shape));
            list(elements)
        }
        Shape::Tuple(fields) if fields.is_empty() => read_nothing(source),
        Shape::Struct(fields) if fields.is_empty() => read_nothing(source),
        Shape::Tuple(fields) => list(
            fields.iter().map(|field| read(at.inside(field), source)).collect::<Result<_, _>>()?,
        ),
        Shape::Struct(fields) => list(read_fields(fields, at, source)?),
        Shape::Enum(variants) => {
            let tag = read_number(Shape::tag(variants.len()), source)?;
            let number = usize::try_from(tag).unwrap_or(usize::MAX);
            let variant = variants.get(number).ok_or_else(|| Malformed::no("variant", tag))?;
            let before = variants.iter().take(number).map(|variant| fields_parts(&variant.fields));
            source.go(start + 1 + before.sum::<usize>());
            let fields = read_fields(&variant.fields, at, source)?;
            source.go(start + parts(at.shape));
            Ok(Node::Variant(number, fields))
        }
        Shape::Id(_, key) => read(at.inside(key), source),
        Shape::Nested(inside) => {
            let around = around(at);
            let mut node = Node::None;
            source.nested(&mut |source| {
                node = read(At { shape: inside, around: Some(&around) }, source)?;
                Ok(())
            })?;
            Ok(node)
        }
        Shape::Within(_) => Err(Malformed::new("a shape that refers to nothing")),
    }
}

fn read_nothing(source: &mut dyn Source) -> Result<Node, Malformed> {
    match source.u8()? {
        0 => Ok(Node::List(Vec::new())),
        other => Err(Malformed::no("empty value", other)),
    }
}

fn read_number(kind: PartKind, source: &mut dyn Source) -> Result<u128, Malformed> {
    match kind {
        PartKind::U8 => source.u8().map(u128::from),
        PartKind::U16 => source.u16().map(u128::from),
        PartKind::U32 => source.u32().map(u128::from),
        PartKind::U64 => source.u64().map(u128::from),
        PartKind::U128 => source.u128(),
        PartKind::Text | PartKind::Bytes => Err(Malformed::new("no number is stored here")),
    }
}

/// So many times the same shapes, each time from the part on that comes next now.
fn read_times(
    length: usize,
    at: At<'_>,
    shapes: &[&Shape],
    source: &mut dyn Source,
) -> Result<Vec<Node>, Malformed> {
    let start = source.part();
    let mut nodes = Vec::new();
    for _ in 0..length {
        source.go(start);
        for shape in shapes {
            nodes.push(read(At { shape, around: at.around }, source)?);
        }
    }
    Ok(nodes)
}

fn read_fields(
    fields: &[Field],
    at: At<'_>,
    source: &mut dyn Source,
) -> Result<Vec<Node>, Malformed> {
    fields.iter().map(|field| read(At { shape: &field.shape, around: at.around }, source)).collect()
}

fn parts(shape: &Shape) -> usize {
    shape.parts().len()
}

fn fields_parts(fields: &[Field]) -> usize {
    fields.iter().map(|field| parts(&field.shape)).sum()
}

/// Writes a value that was read with the shape `from` in the layout of rows with the shape `to`, which it may become.
fn write(node: &Node, from: At<'_>, to: At<'_>, sink: &mut dyn Sink) -> Result<(), Malformed> {
    let (from, to) = (from.resolved(), to.resolved());
    if let Shape::Nested(inside) = from.shape {
        let around = around(from);
        return write(node, At { shape: inside, around: Some(&around) }, to, sink);
    }
    if let Shape::Nested(inside) = to.shape {
        let around = around(to);
        let mut written = Ok(());
        sink.nested(&mut |sink| {
            written = write(node, from, At { shape: inside, around: Some(&around) }, sink);
        });
        return written;
    }
    match (from.shape, to.shape, node) {
        (Shape::Option(from_inside), Shape::Option(inside), Node::Some(some)) => {
            sink.u8(1);
            write(some, from.inside(from_inside), to.inside(inside), sink)
        }
        (Shape::Option(_), Shape::Option(_), Node::None) => {
            sink.u8(0);
            Ok(())
        }
        (_, Shape::Option(inside), _) => {
            sink.u8(1);
            write(node, from, to.inside(inside), sink)
        }
        (_, Shape::Primitive(_), Node::Text(text)) => {
            sink.text(text);
            Ok(())
        }
        (Shape::Primitive(was), Shape::Primitive(is), Node::Numbers(numbers)) => {
            write_numbers(*numbers, *was, *is, sink);
            Ok(())
        }
        (Shape::Vec(was) | Shape::Set(was), Shape::Vec(is) | Shape::Set(is), Node::List(all)) => {
            sink.length(all.len());
            all.iter().try_for_each(|one| write(one, from.inside(was), to.inside(is), sink))
        }
        (Shape::Map(was_key, was), Shape::Map(is_key, is), Node::List(all)) => {
            sink.length(all.len() / 2);
            all.chunks(2).try_for_each(|pair| match pair {
                [key, value] => {
                    write(key, from.inside(was_key), to.inside(is_key), sink)?;
                    write(value, from.inside(was), to.inside(is), sink)
                }
                _ => Ok(()),
            })
        }
        (Shape::Array(was, _), Shape::Array(is, length), Node::List(all)) => {
            if *length == 0 {
                sink.u8(0);
            }
            all.iter().try_for_each(|one| write(one, from.inside(was), to.inside(is), sink))
        }
        (Shape::Id(_, was), Shape::Id(_, is), _) => {
            write(node, from.inside(was), to.inside(is), sink)
        }
        (Shape::Tuple(was), Shape::Tuple(is), Node::List(all)) => {
            if is.is_empty() {
                sink.u8(0);
            }
            let mut both = was.iter().zip(is).zip(all);
            both.try_for_each(|((was, is), one)| write(one, from.inside(was), to.inside(is), sink))
        }
        (Shape::Struct(was), Shape::Struct(is), Node::List(all)) => {
            if is.is_empty() {
                sink.u8(0);
            }
            write_fields(all, (from, was), (to, is), sink)
        }
        (Shape::Enum(was), Shape::Enum(is), Node::Variant(number, all)) => {
            let lost = || Malformed::new("a variant that was removed");
            let was = was.get(*number).ok_or_else(lost)?;
            let number = find_variant(is, &was.name).ok_or_else(lost)?;
            match Shape::tag(is.len()) {
                PartKind::U16 => sink.u16(number as u16),
                _ => sink.u8(number as u8),
            }
            write_fields(all, (from, &was.fields), (to, &is[number].fields), sink)
        }
        _ => Err(Malformed::new("a value that was not to be converted")),
    }
}

fn write_fields(
    values: &[Node],
    (from, was): (At<'_>, &[Field]),
    (to, is): (At<'_>, &[Field]),
    sink: &mut dyn Sink,
) -> Result<(), Malformed> {
    is.iter().try_for_each(|field| {
        let found = find_field(was, &field.name);
        match found.and_then(|place| Some((was.get(place)?, values.get(place)?))) {
            Some((was, value)) => {
                write(value, from.inside(&was.shape), to.inside(&field.shape), sink)
            }
            None => {
                // An added one is an option.
                sink.u8(0);
                Ok(())
            }
        }
    })
}

fn write_numbers(numbers: [u128; 2], was: Primitive, is: Primitive, sink: &mut dyn Sink) {
    if (was, is) == (Primitive::F32, Primitive::F64) {
        let float = f32::from_bits(numbers[0] as u32);
        return sink.u64(f64::from(float).to_bits());
    }
    let extended = match integer(was) {
        Some((true, bits)) => extended(numbers[0], bits),
        _ => numbers[0],
    };
    for (number, kind) in [extended, numbers[1]].into_iter().zip(is.parts()) {
        match kind {
            PartKind::U8 => sink.u8(number as u8),
            PartKind::U16 => sink.u16(number as u16),
            PartKind::U32 => sink.u32(number as u32),
            PartKind::U64 => sink.u64(number as u64),
            _ => sink.u128(number),
        }
    }
}

/// A signed number of so many bits, with its sign in all others as well.
fn extended(number: u128, bits: u32) -> u128 {
    let unused = 128 - bits;
    ((number << unused).cast_signed() >> unused).cast_unsigned()
}
