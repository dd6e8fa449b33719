//! A model without its type: the small functions through which erased code handles rows.
//!
//! The write path is compiled once and works on `*const u8`; what it needs to know of a model it asks a [`Kind`]. The
//! read paths are generic and never come here: an indirect call inside a lookup keeps the processor from overlapping
//! the cache misses of independent lookups.

use std::any::Any;
use std::marker::PhantomData;

use bondstone_schema::{
    ColumnSet, ForeignKeyDef, Hashing, IndexDef, IndexKind, KeyBuf, KeyKind, Model,
};

use crate::arena::Layout;
use crate::ordered::{OrderedKey, Width};
use crate::table::prepare::Entry;

/// What a table needs to know to be built.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// The number of the model.
    pub(crate) number: usize,
    pub(crate) layout: Layout,
    /// Does the engine number its rows?
    pub(crate) is_numbered: bool,
    pub(crate) indexes: Vec<IndexShape>,
    pub(crate) foreign_keys: Vec<ForeignKeyShape>,
}

/// An index, without its model's type.
pub(crate) struct IndexShape {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [u16],
    /// It is over a hybrid, of which nobody knows what columns it reads.
    pub(crate) is_computed: bool,
    pub(crate) kind: IndexKind,
    /// How wide its keys are, for ordered indexes.
    pub(crate) width: Width,
}

/// A foreign key, without its model's type.
pub(crate) struct ForeignKeyShape {
    pub(crate) column: u16,
    /// The number of the model it refers to.
    pub(crate) parent: usize,
}

/// The functions of a model over rows whose type is forgotten.
///
/// # Safety of the methods
/// Each row pointer points to a live value of the kind's model; each index, foreign key and column exists.
pub(crate) trait Kind: Send + Sync {
    fn shape(&self) -> Shape;
    unsafe fn drop_row(&self, row: *mut u8);
    unsafe fn any<'a>(&self, row: *const u8) -> &'a dyn Any;
    unsafe fn number(&self, row: *const u8) -> u64;
    unsafe fn key_hash(&self, row: *const u8, hashing: &Hashing) -> u64;
    unsafe fn key_equal(&self, left: *const u8, right: *const u8) -> bool;
    /// Appends a row's entries, one for each index; [`Entry::None`] where `changed` does not touch it.
    unsafe fn entries(
        &self,
        row: *const u8,
        changed: ColumnSet,
        hashing: &Hashing,
        entries: &mut Vec<Entry>,
    );
    unsafe fn index_hash(&self, index: usize, row: *const u8, hashing: &Hashing) -> Option<u64>;
    unsafe fn index_equal(&self, index: usize, left: *const u8, right: *const u8) -> bool;
    unsafe fn index_key(&self, index: usize, row: *const u8) -> OrderedKey;
    unsafe fn foreign_number(&self, foreign_key: usize, row: *const u8) -> Option<u64>;
    unsafe fn foreign_hash(
        &self,
        foreign_key: usize,
        row: *const u8,
        hashing: &Hashing,
    ) -> Option<u64>;
    unsafe fn refers(&self, foreign_key: usize, row: *const u8, parent: &dyn Any) -> bool;
}

/// The kind of the model `M`.
pub(crate) struct Of<M>(PhantomData<fn() -> M>);

impl<M> Of<M> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The layout of a model's records, a constant of the model: also where nothing is inlined across crates.
#[inline(always)]
pub(crate) const fn layout_of<M: Model>() -> Layout {
    const {
        let layout = Layout::of::<M>(M::DEFINITION.foreign_keys.len());
        if M::MOVABLE { layout } else { layout.fixed() }
    }
}

/// Does the engine number the rows of a model? A constant of the model, so that its lookups hold no code for other keys.
#[inline(always)]
pub(crate) const fn is_numbered<M: Model>() -> bool {
    matches!(M::DEFINITION.key.kind, KeyKind::Auto)
}

/// A row, with its type again.
///
/// # Safety
/// `row` points to a live `M`, for as long as `'a`.
#[inline(always)]
pub(crate) unsafe fn typed<'a, M>(row: *const u8) -> &'a M {
    // SAFETY: our caller's promise; a live value has an address. Saying so spares the caller a test for `None`.
    unsafe {
        std::hint::assert_unchecked(!row.is_null());
        &*row.cast::<M>()
    }
}

impl<M: Model> Kind for Of<M> {
    fn shape(&self) -> Shape {
        let definition = M::DEFINITION;
        Shape {
            name: definition.name,
            layout: layout_of::<M>(),
            number: M::number().assign(),
            is_numbered: is_numbered::<M>(),
            indexes: each(definition.indexes, index_shape),
            foreign_keys: each(definition.foreign_keys, foreign_key_shape),
        }
    }

    unsafe fn drop_row(&self, row: *mut u8) {
        // SAFETY: the row is a live `M` that nobody looks at any more (our caller's promise).
        unsafe { row.cast::<M>().drop_in_place() };
    }

    unsafe fn any<'a>(&self, row: *const u8) -> &'a dyn Any {
        // SAFETY: see the trait.
        unsafe { typed::<M>(row) }
    }

    unsafe fn number(&self, row: *const u8) -> u64 {
        // SAFETY: see the trait.
        unsafe { typed::<M>(row) }.id().number().unwrap_or(0)
    }

    unsafe fn key_hash(&self, row: *const u8, hashing: &Hashing) -> u64 {
        // SAFETY: see the trait.
        hashing.hash(unsafe { typed::<M>(row) }.id().key())
    }

    unsafe fn key_equal(&self, left: *const u8, right: *const u8) -> bool {
        // SAFETY: see the trait.
        let (left, right) = unsafe { (typed::<M>(left), typed::<M>(right)) };
        (M::DEFINITION.key.index.equal)(left, right)
    }

    unsafe fn entries(
        &self,
        row: *const u8,
        changed: ColumnSet,
        hashing: &Hashing,
        entries: &mut Vec<Entry>,
    ) {
        // SAFETY: see the trait.
        let row = unsafe { typed::<M>(row) };
        entries.reserve(M::DEFINITION.indexes.len());
        for index in M::DEFINITION.indexes {
            let touched = index.is_touched_by(changed);
            entries.push(if touched { entry_of(index, row, hashing) } else { Entry::None });
        }
    }

    unsafe fn index_hash(&self, index: usize, row: *const u8, hashing: &Hashing) -> Option<u64> {
        // SAFETY: see the trait.
        (M::DEFINITION.indexes[index].hash)(unsafe { typed::<M>(row) }, hashing)
    }

    unsafe fn index_equal(&self, index: usize, left: *const u8, right: *const u8) -> bool {
        // SAFETY: see the trait.
        let (left, right) = unsafe { (typed::<M>(left), typed::<M>(right)) };
        (M::DEFINITION.indexes[index].equal)(left, right)
    }

    unsafe fn index_key(&self, index: usize, row: *const u8) -> OrderedKey {
        // SAFETY: see the trait.
        key_of(&M::DEFINITION.indexes[index], unsafe { typed::<M>(row) })
    }

    unsafe fn foreign_number(&self, foreign_key: usize, row: *const u8) -> Option<u64> {
        // SAFETY: see the trait.
        (M::DEFINITION.foreign_keys[foreign_key].number)(unsafe { typed::<M>(row) })
    }

    unsafe fn foreign_hash(
        &self,
        foreign_key: usize,
        row: *const u8,
        hashing: &Hashing,
    ) -> Option<u64> {
        // SAFETY: see the trait.
        (M::DEFINITION.foreign_keys[foreign_key].hash)(unsafe { typed::<M>(row) }, hashing)
    }

    unsafe fn refers(&self, foreign_key: usize, row: *const u8, parent: &dyn Any) -> bool {
        // SAFETY: see the trait.
        (M::DEFINITION.foreign_keys[foreign_key].refers)(unsafe { typed::<M>(row) }, parent)
    }
}

/// As `map` and `collect` do, in one function instead of the dozen that they are made of: this is compiled for each model.
fn each<T, U>(entries: &[T], of: fn(&T) -> U) -> Vec<U> {
    let mut all = Vec::with_capacity(entries.len());
    for entry in entries {
        all.push(of(entry));
    }
    all
}

fn index_shape<M>(index: &IndexDef<M>) -> IndexShape {
    let width = match &index.order {
        Some(order) => Width::of(order.width, order.custom.is_some()),
        None => Width::Bytes,
    };
    IndexShape {
        name: index.name,
        columns: index.columns,
        is_computed: index.hybrid.is_some(),
        kind: index.kind,
        width,
    }
}

fn foreign_key_shape<M>(key: &ForeignKeyDef<M>) -> ForeignKeyShape {
    ForeignKeyShape { column: key.column, parent: (key.target)().number.assign() }
}

fn entry_of<M: Model>(index: &IndexDef<M>, row: &M, hashing: &Hashing) -> Entry {
    match index.kind {
        IndexKind::Unique | IndexKind::Hash => {
            (index.hash)(row, hashing).map_or(Entry::None, Entry::Hash)
        }
        IndexKind::Ordered => Entry::Ordered(key_of(index, row)),
    }
}

fn key_of<M: Model>(index: &IndexDef<M>, row: &M) -> OrderedKey {
    let Some(order) = &index.order else { return OrderedKey::Bytes(KeyBuf::new()) };
    if let Some(custom) = order.custom {
        return OrderedKey::Custom(custom(row));
    }
    let mut key = KeyBuf::new();
    (order.encode)(row, &mut key);
    OrderedKey::encoded(Width::of(order.width, false), key)
}
