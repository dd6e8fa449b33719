//! Nodes behind pointers: what a link leads to, and how it is freed.
//!
//! A link is followed only by whoever holds a registered snapshot or the writer, and with which he has reached the
//! link. Nodes are not freed but retired, stamped later than any such snapshot; so what a link leads to lives as long
//! as that snapshot. All lifetimes of nodes in this module's neighbours are borrowed from the tree and mean, in
//! truth, "while the snapshot is held".

use super::inner::Inner;
use super::key::TreeKey;
use super::leaf::Leaf;
use crate::writer::Garbage;

/// The first field of each node.
#[repr(C)]
pub(super) struct Head {
    /// 0 for leaves, one more than its children for an inner node.
    level: u32,
}

impl Head {
    #[cfg(loom)]
    pub(super) const fn leaf() -> Self {
        Self { level: 0 }
    }

    pub(super) const fn above(level: u32) -> Self {
        Self { level: level + 1 }
    }

    pub(super) const fn level(&self) -> u32 {
        self.level
    }
}

/// What a node is made from.
///
/// # Safety
/// All bytes zero are a value of the type, unless it is built for the model checker.
pub(super) unsafe trait Blank {
    /// The same value, of the model checker's atomics.
    #[cfg(loom)]
    fn blank() -> Self;
}

/// A node that is all zeros, filled in place.
#[cfg(not(loom))]
pub(super) fn blank<T: Blank>() -> Box<T> {
    // SAFETY: the promise of `Blank`.
    unsafe { Box::new_zeroed().assume_init() }
}

#[cfg(loom)]
pub(super) fn blank<T: Blank>() -> Box<T> {
    Box::new(T::blank())
}

/// A pointer to a whole node, made from a box.
pub(super) type Link = *mut Head;

/// A node that a link leads to.
pub(super) enum Node<'a, K: TreeKey> {
    Leaf(&'a Leaf<K>),
    Inner(&'a Inner<K>),
}

impl<K: TreeKey> Clone for Node<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: TreeKey> Copy for Node<'_, K> {}

impl<'a, K: TreeKey> Node<'a, K> {
    /// The node behind a link.
    ///
    /// # Safety The link was made by [`leaf_link`] or [`inner_link`] of the same `K`, and its node is not freed while
    /// `'a` lasts.
    #[inline]
    pub(super) unsafe fn behind(link: Link) -> Self {
        // SAFETY: the head is the first field of every node, and the node lives.
        let level = unsafe { (*link).level };
        // SAFETY: the caller's promise.
        unsafe { Self::at_level(link, level) }
    }

    /// The node behind a link, of which the level is known: the node itself is not touched.
    ///
    /// # Safety
    /// As [`behind`](Self::behind), and the level is the node's.
    #[inline]
    pub(super) unsafe fn at_level(link: Link, level: u32) -> Self {
        if level == 0 {
            // SAFETY: a node of level 0 is a leaf, and the link points to all of it.
            Self::Leaf(unsafe { &*link.cast::<Leaf<K>>() })
        } else {
            // SAFETY: a node of any other level is an inner one, and the link points to all of it.
            Self::Inner(unsafe { &*link.cast::<Inner<K>>() })
        }
    }

    pub(super) const fn level(&self) -> u32 {
        match self {
            Self::Leaf(_) => 0,
            Self::Inner(inner) => inner.level(),
        }
    }

    /// How many bytes a node takes.
    pub(super) const fn bytes(&self) -> usize {
        match self {
            Self::Leaf(_) => size_of::<Leaf<K>>(),
            Self::Inner(_) => size_of::<Inner<K>>(),
        }
    }
}

/// A link to a new leaf.
pub(super) fn leaf_link<K: TreeKey>(leaf: Box<Leaf<K>>) -> Link {
    Box::into_raw(leaf).cast()
}

/// A link to a new inner node.
pub(super) fn inner_link<K: TreeKey>(inner: Box<Inner<K>>) -> Link {
    Box::into_raw(inner).cast()
}

/// The memory of a node, without what its words and links lead to.
///
/// # Safety
/// No new reader can reach the node, and this is asked once for each node.
pub(super) unsafe fn garbage<K: TreeKey>(link: Link) -> Garbage {
    // SAFETY: a link that nobody asked this for leads to a node that is not freed.
    match unsafe { Node::<K>::behind(link) } {
        // SAFETY: the link came from a box of this type, whose ownership our caller gives away.
        Node::Leaf(_) => unsafe { Garbage::boxed(link.cast::<Leaf<K>>()) },
        // SAFETY: as above.
        Node::Inner(_) => unsafe { Garbage::boxed(link.cast::<Inner<K>>()) },
    }
}

/// Asks for the memory at `address` to be brought into the cache, all lines of `bytes` bytes.
#[inline]
pub(super) fn prefetch<T>(address: *const T, bytes: usize) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    for line in (0..bytes).step_by(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let line = address.cast::<i8>().wrapping_add(line);
        // SAFETY: a prefetch reads nothing, whatever the address; every x86-64 has it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = (address, bytes);
}
