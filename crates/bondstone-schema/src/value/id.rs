//! Ids are values: a key shows, compares and is encoded as its number or raw key.
#![expect(unsafe_code, reason = "ids are values, which only an unsafe trait can say")]

use super::{KeyBuf, TypeInfo, Value, ValueRef};
use crate::id::{AutoKey, Id};
use crate::model::Model;
use crate::shape::{Nesting, Primitive, Shape};
use crate::stored::{Malformed, Sink, Source};

crate::derived_value!(AutoKey: [u64] {
    const WIDTH: Option<usize> = Some(8);
    const COMPARED: bool = false;

    fn describe() -> TypeInfo {
        TypeInfo::named("auto")
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::UInt(u128::from(self.get()))
    }

    #[inline]
    fn encode(&self, key: &mut KeyBuf) {
        self.get().encode(key);
    }

    #[inline]
    fn word(&self) -> u64 {
        self.get()
    }

    const PARTS: usize = 1;

    fn shape(_: &mut Nesting) -> Shape {
        Shape::Primitive(Primitive::Auto)
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        sink.u64(self.get());
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        Self::new(source.u64()?).ok_or_else(|| Malformed::new("0 is no key"))
    }
});

crate::derived_value!(@generic impl<M: Model> Id<M> {
    const WIDTH: Option<usize> = <M::Key as Value>::WIDTH;
    const COMPARED: bool = <M::Key as Value>::COMPARED;
    const DECLARED: bool = <M::Key as Value>::DECLARED;

    fn order_fault() -> Option<String> {
        <M::Key as Value>::order_fault()
    }

    fn describe() -> TypeInfo {
        TypeInfo::named(format!("id<{}>", M::DEFINITION.name))
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Id(M::DEFINITION.name, Box::new(self.key().view()))
    }

    #[inline]
    fn encode(&self, key: &mut KeyBuf) {
        self.key().encode(key);
    }

    fn encode_last(&self, key: &mut KeyBuf) {
        self.key().encode_last(key);
    }

    #[inline]
    fn word(&self) -> u64 {
        self.key().word()
    }

    const PARTS: usize = M::Key::PARTS;

    fn shape(nesting: &mut Nesting) -> Shape {
        Shape::Id(M::DEFINITION.name.to_owned(), Box::new(M::Key::shape(nesting)))
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        self.key().write_to(sink);
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        M::Key::read_from(source).map(Self::new)
    }
});
