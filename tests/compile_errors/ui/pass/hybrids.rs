//! Hybrids in careful company: lints denied, names shadowed, models made by macros, parts left out.

#![deny(warnings, missing_docs, unused, missing_debug_implementations, unreachable_pub)]

use bondstone::prelude::*;

macro_rules! pages {
    ($name:ident: $($field:ident)*) => {
        /// A page.
        #[derive(Clone, Debug, Model)]
        #[unique(SLUG)]
        #[index(LENGTH)]
        #[index(hash, KIND)]
        struct $name {
            #[key]
            id: Id<$name>,
            $($field: String,)*
        }

        impl $name {
            #[hybrid(unique)]
            fn slug(&self) -> Option<String> {
                Some([$(self.$field.as_str()),*].join("/"))
            }

            #[hybrid]
            fn length(&self) -> usize {
                [$(self.$field.len()),*].into_iter().sum()
            }

            #[hybrid]
            fn kind(&self) -> (bool, u8) {
                (true, 0)
            }
        }
    };
}

pages!(Page: area title);

/// Names that mean something else here.
mod shadowed {
    #![allow(dead_code)]

    use bondstone::{Database, Id, Model, hybrid};

    struct Option;
    struct Some;
    struct Computed;
    struct Derived;
    struct Value;

    /// A note.
    #[derive(Clone, Debug, Model)]
    #[index(TYPE)]
    pub(crate) struct Note {
        #[key]
        id: Id<Self>,
    }

    impl Note {
        /// What it is.
        #[hybrid]
        pub(crate) fn r#type(&self) -> u64 {
            self.id.get() % 2
        }

        #[cfg(any())]
        #[hybrid]
        fn left_out(&self) -> NoSuchType {}

        #[hybrid]
        #[cfg(any())]
        fn left_out_too(&self) -> NoSuchType {}

        #[hybrid]
        const fn known(&self, _: &bondstone::View) -> bool {
            true
        }
    }

    pub(crate) fn odd() -> usize {
        let db = Database::builder().models::<Note>().in_memory().unwrap();
        db.write(|tx| tx.insert_all([NewNote {}, NewNote {}]).map(drop)).unwrap();
        db.read().range(Note::TYPE, 1..).count()
    }
}

fn main() {
    let db = Database::builder().models::<Page>().in_memory().unwrap();
    let page = NewPage { area: "a".into(), title: "b".into() };
    let id = db.write(|tx| tx.insert(page)).unwrap();
    assert_eq!(db.read().find(Page::SLUG, "a/b").map(|page| page.id), Some(id));
    assert_eq!(db.read().range(Page::LENGTH, 2..).count(), 1);
    assert_eq!(shadowed::odd(), 1);
}
