//! The shape of a value: what its bytes mean, as a tree, and as text.
//!
//! Two values are stored alike exactly if their shapes are equal. A shape holds the names of fields and variants, and never
//! that of a Rust type: to rename a struct changes nothing, to rename a variant does.
//!
//! ```text
//! shape   = u8 … u128 | i8 … i128 | usize | isize | f32 | f64 | bool | char | text | auto
//!         | timestamp | date | decimal | uuid
//!         | opt<shape> | vec<shape> | set<shape> | map<shape,shape> | [shape;length] | (shape,shape…)
//!         | struct{name:shape,…} | enum{Name,Name{name:shape,…},…} | id<table,shape>
//!         | nested<shape> | ^depth
//! ```
//!
//! `nested` is a value that contains values of its own type, and `^0` is such a value: that of the innermost `nested`
//! around it; `^1` is that of the next. Fields without names are called `0`, `1`, …. A table's name that is not made of letters,
//! digits and `_` is written in quotes, `\` before a quote and before itself.
//!
//! ```
//! use bondstone_schema::Shape;
//! let shape = Shape::of::<Vec<(u32, Option<String>)>>();
//! assert_eq!(shape.to_string(), "vec<(u32,opt<text>)>");
//! assert_eq!(shape.to_string().parse(), Ok(shape));
//! ```

mod text;

use std::any::TypeId;

pub use text::ShapeError;

use crate::value::Value;

/// What a value's bytes mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Something with a name and nothing inside.
    Primitive(Primitive),
    /// `Option`
    Option(Box<Shape>),
    /// `Vec`
    Vec(Box<Shape>),
    /// `BTreeSet`
    Set(Box<Shape>),
    /// `BTreeMap`: keys and values.
    Map(Box<Shape>, Box<Shape>),
    /// An array and its length.
    Array(Box<Shape>, u64),
    /// A tuple.
    Tuple(Vec<Shape>),
    /// A struct's fields.
    Struct(Vec<Field>),
    /// An enum's variants.
    Enum(Vec<Variant>),
    /// An id: the table's name and the shape of its key.
    Id(String, Box<Shape>),
    /// A value that contains values of its own type.
    Nested(Box<Shape>),
    /// A value of the type of the `Nested` that is so many further out.
    Within(usize),
}

/// A field of a struct or of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; `0`, `1`, … for those without.
    pub name: String,
    /// What is in it.
    pub shape: Shape,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<Field>,
}

macro_rules! primitives {
    ($($(#[$doc:meta])* $name:ident $text:literal $($part:ident)+;)*) => {
        /// A shape with nothing inside.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Primitive { $($(#[$doc])* $name,)* }

        impl Primitive {
            const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Its parts.
            #[must_use]
            pub const fn parts(self) -> &'static [PartKind] {
                match self { $(Self::$name => &[$(PartKind::$part),+],)* }
            }
        }
    };
}

primitives! {
    /// `u8`
    U8 "u8" U8;
    /// `u16`
    U16 "u16" U16;
    /// `u32`
    U32 "u32" U32;
    /// `u64`
    U64 "u64" U64;
    /// `u128`
    U128 "u128" U128;
    /// `usize`, in eight bytes
    Usize "usize" U64;
    /// `i8`
    I8 "i8" U8;
    /// `i16`
    I16 "i16" U16;
    /// `i32`
    I32 "i32" U32;
    /// `i64`
    I64 "i64" U64;
    /// `i128`
    I128 "i128" U128;
    /// `isize`, in eight bytes
    Isize "isize" U64;
    /// `f32`
    F32 "f32" U32;
    /// `f64`
    F64 "f64" U64;
    /// `bool`: 0 or 1
    Bool "bool" U8;
    /// `char`
    Char "char" U32;
    /// Text
    Text "text" Text;
    /// A key that the engine numbers: a number other than 0
    Auto "auto" U64;
    /// A point in time: whole seconds and nanoseconds since 1970, both negative before it
    Timestamp "timestamp" U64 U32;
    /// A calendar date: year · 2^16 + month · 2^8 + day
    Date "date" U32;
    /// A decimal: 96 bits of digits, the number of places from bit 96, the sign in bit 127
    Decimal "decimal" U128;
    /// A UUID
    Uuid "uuid" U128;
}

/// What kind of part it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// One byte.
    U8,
    /// Two bytes.
    U16,
    /// Four bytes; also a length.
    U32,
    /// Eight bytes.
    U64,
    /// Sixteen bytes.
    U128,
    /// Text.
    Text,
    /// A nested value.
    Bytes,
}

impl Shape {
    /// The shape of a type.
    #[must_use]
    pub fn of<V: Value>() -> Self {
        V::shape(&mut Nesting::default())
    }

    /// The shape of an enum without fields.
    #[doc(hidden)]
    #[must_use]
    pub fn enumeration(names: &[&str]) -> Self {
        let variant = |name: &&str| Variant { name: (*name).to_owned(), fields: Vec::new() };
        Self::Enum(names.iter().map(variant).collect())
    }

    /// The kinds of its parts, in order: as many as [`Value::PARTS`](crate::Value::PARTS).
    #[must_use]
    pub fn parts(&self) -> Vec<PartKind> {
        let mut parts = Vec::new();
        self.add_parts(&mut parts);
        parts
    }

    fn add_parts(&self, parts: &mut Vec<PartKind>) {
        match self {
            Self::Primitive(primitive) => parts.extend_from_slice(primitive.parts()),
            Self::Option(inside) => {
                parts.push(PartKind::U8);
                inside.add_parts(parts);
            }
            Self::Vec(element) | Self::Set(element) => {
                parts.push(PartKind::U32);
                element.add_parts(parts);
            }
            Self::Map(key, value) => {
                parts.push(PartKind::U32);
                key.add_parts(parts);
                value.add_parts(parts);
            }
            Self::Array(_, 0) => parts.push(PartKind::U8),
            Self::Array(element, _) | Self::Id(_, element) => element.add_parts(parts),
            Self::Tuple(fields) if fields.is_empty() => parts.push(PartKind::U8),
            Self::Tuple(fields) => fields.iter().for_each(|field| field.add_parts(parts)),
            Self::Struct(fields) if fields.is_empty() => parts.push(PartKind::U8),
            Self::Struct(fields) => fields.iter().for_each(|field| field.shape.add_parts(parts)),
            Self::Enum(variants) => {
                parts.push(Self::tag(variants.len()));
                let fields = variants.iter().flat_map(|variant| &variant.fields);
                fields.for_each(|field| field.shape.add_parts(parts));
            }
            Self::Nested(_) | Self::Within(_) => parts.push(PartKind::Bytes),
        }
    }

    /// The kind of the part that says which of so many variants it is.
    #[must_use]
    pub const fn tag(variants: usize) -> PartKind {
        if variants > 256 { PartKind::U16 } else { PartKind::U8 }
    }

    /// The same shape with other names of tables in its ids: what was stored before a table was renamed.
    #[must_use]
    pub fn with_tables(&self, rename: &dyn Fn(&str) -> String) -> Self {
        let boxed = |shape: &Self| Box::new(shape.with_tables(rename));
        let fields = |fields: &[Field]| -> Vec<Field> {
            let renamed = |field: &Field| Field {
                name: field.name.clone(),
                shape: field.shape.with_tables(rename),
            };
            fields.iter().map(renamed).collect()
        };
        match self {
            Self::Primitive(_) | Self::Within(_) => self.clone(),
            Self::Option(inside) => Self::Option(boxed(inside)),
            Self::Vec(element) => Self::Vec(boxed(element)),
            Self::Set(element) => Self::Set(boxed(element)),
            Self::Map(key, value) => Self::Map(boxed(key), boxed(value)),
            Self::Array(element, length) => Self::Array(boxed(element), *length),
            Self::Tuple(all) => {
                Self::Tuple(all.iter().map(|one| one.with_tables(rename)).collect())
            }
            Self::Struct(all) => Self::Struct(fields(all)),
            Self::Enum(variants) => {
                let renamed = |variant: &Variant| Variant {
                    name: variant.name.clone(),
                    fields: fields(&variant.fields),
                };
                Self::Enum(variants.iter().map(renamed).collect())
            }
            Self::Id(table, key) => Self::Id(rename(table), boxed(key)),
            Self::Nested(inside) => Self::Nested(boxed(inside)),
        }
    }
}

/// The types being described that contain themselves, from the outside in.
#[derive(Debug, Default)]
pub struct Nesting(Vec<TypeId>);

impl Nesting {
    /// The shape of `V`, which contains values of its own type: `inside`, unless that is being described already.
    pub fn nested<V: 'static>(&mut self, inside: impl FnOnce(&mut Self) -> Shape) -> Shape {
        let this = TypeId::of::<V>();
        if let Some(place) = self.0.iter().rposition(|open| *open == this) {
            return Shape::Within(self.0.len() - 1 - place);
        }
        self.0.push(this);
        let shape = inside(self);
        self.0.pop();
        Shape::Nested(Box::new(shape))
    }

    /// A field of type `V`.
    #[doc(hidden)]
    pub fn field<V: Value>(&mut self, name: &str) -> Field {
        Field { name: name.to_owned(), shape: V::shape(self) }
    }
}
