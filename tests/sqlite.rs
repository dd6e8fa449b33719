//! The same statements in bondstone and in SQLite: each is accepted by both or refused by both, by the same sort of rule, and
//! afterwards the tables are equal.
//!
//! A schema is declared twice, as models and as DDL, and the statements are random, some thousands, in transactions and
//! savepoints of which some are taken back. Where the two engines mean different things by the same words, this is how they
//! are compared:
//!
//! | point | SQLite | here |
//! |---|---|---|
//! | `RESTRICT` | refuses at once, though the row that refers would go too | our `restrict` is compared with `NO ACTION`, which is judged when the statement ends, like ours |
//! | several rules broken by one delete or rekey | names the one that its actions break on the way; `NO ACTION` comes last | ours names the row that refuses first: any pair of rules will do then |
//! | one insert or update | checks, unique keys, foreign keys, in this order | the same |
//! | rows touched by a delete | one that lets go by one key and goes by another counts twice | it counts once: there are as many, or fewer |
//! | a text that is too long | `CHECK (length(…) <= …)` | `max_len`, compared as a check |
//! | a row that is not there | nothing is done, which is no error | `NotFound` |
//! | a key set to what it is | breaks a row's reference to itself | nothing is done; not compared |
//! | a key that refers to a composite one | two columns | one column, which is an id of two parts |
//!
//! One schema reads like a program's; a dozen others, of up to five tables, are drawn by the build script. Others, and more of
//! each: `BONDSTONE_SCHEMAS=7 BONDSTONE_SEED=7 BONDSTONE_STATEMENTS=1000000 BONDSTONE_HISTORIES=20000`.

#[path = "sqlite/both.rs"]
mod both;
#[path = "sqlite/chance.rs"]
mod chance;
#[macro_use]
#[path = "sqlite/mirror.rs"]
mod mirror;
#[path = "sqlite/models.rs"]
mod models;
#[path = "sqlite/schemas.rs"]
mod schemas;

use both::{Both, Kind, Met, Verdict};

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Each kind of statement was accepted, and refused by each rule.
fn assert_all_met(met: &Met) {
    for kind in [Kind::Insert, Kind::Update, Kind::Delete, Kind::Rekey] {
        for verdict in [Verdict::Done, Verdict::Check, Verdict::Unique, Verdict::ForeignKey] {
            assert!(met.contains_key(&(kind, verdict)), "{kind:?}, {verdict:?}: never met");
        }
    }
}

#[test]
fn accepted_and_refused_alike() {
    let (seed, statements) =
        (setting("BONDSTONE_SEED", 1), setting("BONDSTONE_STATEMENTS", 40_000));
    let schema = models::schema();
    let mut both = Both::new(&schema, seed);
    while both.met.values().map(|count| u64::from(*count)).sum::<u64>() < statements {
        both.transaction();
    }
    both.check();
    println!("{:#?}\nrefused otherwise: {}", both.met, both.otherwise);
    assert_all_met(&both.met);
    assert!(both.touched > 0, "no delete touched another row");
    // No row of this schema refers to what goes by two ways, of which one lets it go.
    assert_eq!(both.touched_twice, 0);
}

/// Schemas by chance, histories by chance.
#[test]
fn random_schemas_are_kept_alike() {
    /// Transactions of one history.
    const TRANSACTIONS: usize = 12;
    let (seed, histories) = (setting("BONDSTONE_SEED", 1), setting("BONDSTONE_HISTORIES", 500));
    let schemas = schemas::all();
    let (mut met, mut touched, mut touched_twice) = (Met::new(), 0, 0);
    for (history, schema) in (0..histories).zip(schemas.iter().cycle()) {
        let mut both = Both::new(schema, seed.wrapping_mul(1_000_003).wrapping_add(history));
        (0..TRANSACTIONS).for_each(|_| both.transaction());
        both.check();
        both.met.iter().for_each(|(case, count)| *met.entry(*case).or_default() += count);
        touched += both.touched;
        touched_twice += both.touched_twice;
    }
    assert!(10 * touched_twice < touched, "{touched_twice} of {touched}");
    println!("{met:#?}");
    // Of other schemas than these nobody knows what they can meet.
    if setting("BONDSTONE_SCHEMAS", 1) == 1 {
        assert_all_met(&met);
    }
}
