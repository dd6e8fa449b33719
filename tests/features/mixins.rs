//! Columns that several models share, with what they bring along.

use bondstone::prelude::*;

use crate::{Result, at, ticking};

#[derive(Clone, Debug, PartialEq, Mixin)]
struct Timestamps {
    #[on_insert(tx.now())]
    created_at: Timestamp,
    #[on_insert(tx.now())]
    #[on_update(tx.now())]
    updated_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Mixin)]
struct SoftDelete {
    #[default]
    deleted_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Model)]
#[table("pages")]
#[unique(LIVE_SLUG)]
struct Page {
    #[key]
    id: Id<Page>,
    slug: String,
    #[mixin]
    times: Timestamps,
    #[mixin]
    soft: SoftDelete,
}

impl Page {
    /// Unique among the living.
    #[hybrid(unique)]
    fn live_slug(&self) -> Option<String> {
        self.soft.deleted_at.is_none().then(|| self.slug.clone())
    }
}

#[derive(Clone, Debug, Model)]
#[table("notes")]
struct Note {
    #[key]
    id: Id<Note>,
    #[mixin]
    soft: SoftDelete,
}

/// For the queries of every model that is deleted softly.
trait Live {
    fn live(self) -> Self;
}

impl<M: Embeds<SoftDelete>> Live for Query<'_, M> {
    fn live(self) -> Self {
        self.filter(M::DELETED_AT.is_none())
    }
}

fn soft_delete<M: Embeds<SoftDelete>>(tx: &mut Tx, id: Id<M>) -> Result {
    let now = tx.now();
    tx.update(id, |row| row.embedded_mut().deleted_at = Some(now)).map(drop)
}

fn restore<M: Embeds<SoftDelete>>(tx: &mut Tx, id: Id<M>) -> Result {
    tx.update(id, |row| row.embedded_mut().deleted_at = None).map(drop)
}

fn page(slug: &str) -> NewPage {
    NewPage { slug: slug.into() }
}

#[test]
fn s57_the_columns_of_a_mixin_are_columns_of_the_model() -> Result {
    let db = ticking::<Page>().in_memory()?;
    let (one, two) = db.write(|tx| Ok((tx.insert(page("one"))?, tx.insert(page("two"))?)))?;
    db.write(|tx| tx.update(one, |page| page.slug = "uno".into()).map(drop))?;
    let snap = db.read();
    assert_eq!(snap[one].times, Timestamps { created_at: at(0), updated_at: at(1) });
    assert_eq!(snap.query().filter(Page::UPDATED_AT.eq(at(0))).ids(), [two]);
    assert_eq!(snap.query().order_by(Page::UPDATED_AT.desc()).ids(), [one, two]);
    let columns = db.schema().tables()[0].columns.iter().map(|column| column.name);
    let columns: Vec<&str> = columns.collect();
    assert_eq!(columns, ["id", "slug", "created_at", "updated_at", "deleted_at"]);
    Ok(())
}

#[test]
fn s58_soft_delete_is_a_mixin_and_a_trait() -> Result {
    let db = ticking::<(Page, Note)>().in_memory()?;
    db.write(|tx| {
        let (old, note) = (tx.insert(page("home"))?, tx.insert(NewNote {})?);
        soft_delete(tx, old)?;
        soft_delete(tx, note)?;
        let new = tx.insert(page("home"))?;
        assert_eq!(tx.query::<Page>().live().ids(), [new]);
        assert!(!tx.query::<Note>().live().exists());
        assert_eq!(tx.count::<Page>(), 2, "nothing is hidden from who did not ask for it");
        assert_eq!(tx.find(Page::LIVE_SLUG, "home").map(|page| page.id), Some(new));
        assert!(restore(tx, old).unwrap_err().violates(Page::LIVE_SLUG));
        soft_delete(tx, new)?;
        restore(tx, old)?;
        assert_eq!(tx.query::<Page>().live().ids(), [old]);
        Ok(())
    })
}
