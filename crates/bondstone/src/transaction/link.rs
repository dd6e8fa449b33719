//! Many to many: linking and unlinking rows without naming the association between them.
//!
//! A link is a row of the association, written and deleted like any other: constraints, cascades and the change set are
//! the same. Whether two rows are linked tells the association's key, or a unique index, over its two foreign keys; where
//! there is neither, the links of that row are walked which has fewer. In a scope that judges at its end, links that were made before
//! one of their rows are nobody's children yet, and are asked besides.

use std::collections::HashSet;

use bondstone_schema::{ColumnSet, Definition, Id, IndexKind, ManyVia, Model};
use bondstone_storage::Slot;

use super::Tx;
use crate::entity::{Entity, New};
use crate::error::Result;
use crate::view::View;

/// An association that links rows of `P` and `T` and needs nothing else: its `New` has its two foreign keys, every other
/// field has a default. Derived.
///
/// ```
/// use bondstone::Links;
/// use bondstone::prelude::*;
///
/// #[derive(Clone, Debug, Model)]
/// struct Post { #[key] id: Id<Post> }
///
/// #[derive(Clone, Debug, Model)]
/// struct Tag { #[key] id: Id<Tag> }
///
/// #[derive(Clone, Debug, Model)]
/// struct PostTag { #[key] post: Id<Post>, #[key] tag: Id<Tag> }
///
/// fn is_plain<P: Model, T: Model, J: Links<P, T>>() {}
/// is_plain::<Post, Tag, PostTag>();
/// is_plain::<Tag, Post, PostTag>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is more than a link between `{P}` and `{T}`",
    label = "`New{Self}` has other fields than two foreign keys",
    note = "insert the row of `{Self}` itself, with what it holds besides; or give its other fields a default"
)]
pub trait Links<P: Model, T: Model>: Entity {
    /// What is inserted.
    #[doc(hidden)]
    type New: New<Model = Self>;

    /// The link between two rows; `near` is referred to by the foreign key at this place.
    #[doc(hidden)]
    fn between(near: Id<P>, far: Id<T>, place: usize) -> Self::New;
}

/// What [`Tx::set_links`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkChanges {
    /// So many links were added.
    pub added: usize,
    /// So many links were removed.
    pub removed: usize,
}

impl Tx {
    /// Links two rows by an association; false if they were linked already. O(1) where the association's key or a unique
    /// index is over its two foreign keys, else O(links of that row which has fewer).
    ///
    /// Works from both sides. For associations that hold nothing else without a default: others are inserted as what they
    /// are, which the compiler says.
    ///
    /// # Errors
    /// As for [`insert`](Tx::insert): one of the rows does not exist, for instance.
    ///
    /// ```
    #[doc = include_str!("link/example.txt")]
    /// db.write(|tx| {
    ///     assert!(tx.link(Post::TAGS, post, rust)?);
    ///     assert!(!tx.link(Tag::POSTS, rust, post)?, "it is the same link");
    ///     assert_eq!(tx[post].tags(tx).count(), 1);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn link<P: Model, T: Model, J: Links<P, T>>(
        &mut self,
        relation: ManyVia<P, T, J>,
        near: Id<P>,
        far: Id<T>,
    ) -> Result<bool> {
        if !self.links_between(relation, &near, &far).is_empty() {
            return Ok(false);
        }
        self.insert(J::between(near, far, relation.near()))?;
        Ok(true)
    }

    /// Ends the link between two rows; false if there was none. Costs what [`link`](Tx::link) costs.
    ///
    /// The association may hold more than its two foreign keys, and may link the rows more than once; it is all gone then.
    ///
    /// # Errors
    /// As for [`delete`](Tx::delete): another row may refer to the link.
    ///
    /// ```
    #[doc = include_str!("link/example.txt")]
    /// db.write(|tx| {
    ///     tx.link(Post::TAGS, post, rust)?;
    ///     assert!(tx.unlink(Post::TAGS, post, rust)?);
    ///     assert!(!tx.unlink(Post::TAGS, post, rust)?);
    ///     assert!(tx[post].tags(tx).is_empty());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn unlink<P: Model, T: Model, J: Entity>(
        &mut self,
        relation: ManyVia<P, T, J>,
        near: Id<P>,
        far: Id<T>,
    ) -> Result<bool> {
        let links = self.links_between(relation, &near, &far);
        Ok(self.delete_together::<J>(&links)? > 0)
    }

    /// Links a row with exactly these others, as one statement: links to others end, links that are there stay as they
    /// are. O(links before and after).
    ///
    /// # Errors
    /// [`NotFound`](crate::Error::NotFound) if the row does not exist, and as for [`link`](Tx::link) and
    /// [`unlink`](Tx::unlink). Nothing is changed then.
    ///
    /// ```
    #[doc = include_str!("link/example.txt")]
    /// db.write(|tx| {
    ///     tx.link(Post::TAGS, post, rust)?;
    ///     let done = tx.set_links(Post::TAGS, post, [rust, code])?;
    ///     assert_eq!((done.added, done.removed), (1, 0));
    ///     let done = tx.set_links(Post::TAGS, post, [])?;
    ///     assert_eq!((done.added, done.removed), (0, 2));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set_links<P: Model, T: Model, J: Links<P, T>>(
        &mut self,
        relation: ManyVia<P, T, J>,
        near: Id<P>,
        far: impl IntoIterator<Item = Id<T>>,
    ) -> Result<LinkChanges> {
        let place = self.place_of(&near)?;
        let mut missing = Vec::new();
        let mut wanted = HashSet::new();
        for far in far {
            if wanted.insert(far.clone()) {
                missing.push(far);
            }
        }
        let mut there = HashSet::new();
        let mut unwanted = Vec::new();
        for slot in self.sight().child_slots(J::number().get(), relation.near(), place) {
            let target = self.sight().at_slot(slot).and_then(|link| relation.target(link));
            match target {
                Some(far) if wanted.contains(far) => {
                    there.insert(far.clone());
                }
                Some(_) => unwanted.push(slot),
                // It links to nothing.
                None => {}
            }
        }
        missing.retain(|far| !there.contains(far));
        self.savepoint(|tx| {
            // First these: if there may be one link only, the new one takes the place of the old.
            let removed = tx.delete_together::<J>(&unwanted)?;
            let added = missing.len();
            for far in missing {
                tx.insert(J::between(near.clone(), far, relation.near()))?;
            }
            Ok(LinkChanges { added, removed })
        })
    }
}

/// What leads from two linked rows to the one link there can be.
enum Unique {
    Key,
    Index(usize),
}

impl Tx {
    /// The places of the links between two rows.
    fn links_between<P: Model, T: Model, J: Model>(
        &self,
        relation: ManyVia<P, T, J>,
        near: &Id<P>,
        far: &Id<T>,
    ) -> Vec<Slot> {
        let mut links = find_links(self, relation, near, far).unwrap_or_default();
        let joins =
            |link: &J| relation.source(link) == Some(near) && relation.target(link) == Some(far);
        for slot in self.open.orphans(J::number().get()) {
            if !links.contains(&slot) && self.sight().at_slot(slot).is_some_and(joins) {
                links.push(slot);
            }
        }
        links
    }
}

/// The places of the links between two rows that both rows know of; `None` where one of the two does not exist.
fn find_links<P: Model, T: Model, J: Model>(
    view: &View,
    relation: ManyVia<P, T, J>,
    near: &Id<P>,
    far: &Id<T>,
) -> Option<Vec<Slot>> {
    let sight = view.sight();
    let (near_place, far_place) = (sight.slot_of(near)?, sight.slot_of(far)?);
    let (near_row, far_row) = (sight.get(near)?, sight.get(far)?);
    let (to_near, to_far) = (relation.near(), relation.far());
    let keys = J::DEFINITION.foreign_keys;
    let links = |slot: &Slot| {
        let link = sight.at_slot::<J>(*slot);
        link.is_some_and(|link| {
            (keys[to_near].refers)(link, near_row) && (keys[to_far].refers)(link, far_row)
        })
    };
    let candidates = match unique_over(J::DEFINITION, [to_near, to_far]) {
        Some(unique) => {
            // Any link of the near row becomes the one in question when it refers to the far one.
            let Some(mut link) = sight.children_at::<J>(to_near, near_place)?.next().cloned()
            else {
                return Some(Vec::new());
            };
            (keys[to_far].point)(&mut link, Some(far_row));
            let found = match unique {
                Unique::Key => sight.slot_of(&link.id()),
                Unique::Index(place) => sight.find_like(place, &link).map(|(slot, _)| slot),
            };
            found.into_iter().collect()
        }
        None => {
            let of_near = sight.count_children::<J>(to_near, near_place);
            let of_far = sight.count_children::<J>(to_far, far_place);
            let (key, place) =
                if of_near <= of_far { (to_near, near_place) } else { (to_far, far_place) };
            sight.child_slots(J::number().get(), key, place)
        }
    };
    Some(candidates.into_iter().filter(links).collect())
}

/// The key, or else a unique index, that has no other columns than two foreign keys.
fn unique_over<J: Model>(definition: &Definition<J>, foreign_keys: [usize; 2]) -> Option<Unique> {
    let columns = foreign_keys.map(|place| definition.foreign_keys[place].column);
    let columns = ColumnSet::of(&columns);
    let is_within = |of: &[u16]| of.iter().all(|column| columns.contains(*column));
    if is_within(definition.key.index.columns) {
        return Some(Unique::Key);
    }
    let mut indexes = definition.indexes.iter();
    let over = indexes.position(|index| {
        index.kind == IndexKind::Unique && index.hybrid.is_none() && is_within(index.columns)
    });
    over.map(Unique::Index)
}
