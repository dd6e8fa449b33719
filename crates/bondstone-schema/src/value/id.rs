//! Ids are values: a key shows, compares and is encoded as its number or raw key.
#![expect(unsafe_code, reason = "ids are values, which only an unsafe trait can say")]

use super::{KeyBuf, TypeInfo, Value, ValueRef};
use crate::id::{AutoKey, Id};
use crate::model::Model;

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
});

crate::derived_value!(@generic impl<M: Model> Id<M> {
    const WIDTH: Option<usize> = <M::Key as Value>::WIDTH;
    const COMPARED: bool = <M::Key as Value>::COMPARED;

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
});
