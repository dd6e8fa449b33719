//! The chapters of the guide, so that their programs are compiled and run with the other examples: those whose types there are.

#[cfg(feature = "persist")]
#[doc = include_str!("../../../README.md")]
mod readme {}
#[cfg(all(feature = "jiff", feature = "decimal", feature = "uuid"))]
#[doc = include_str!("../../../docs/guide/models.md")]
mod models {}
#[cfg(all(feature = "jiff", feature = "decimal", feature = "uuid"))]
#[doc = include_str!("../../../docs/guide/keys-and-constraints.md")]
mod keys_and_constraints {}
#[cfg(feature = "jiff")]
#[doc = include_str!("../../../docs/guide/inheritance.md")]
mod inheritance {}
#[doc = include_str!("../../../docs/guide/custom-types.md")]
mod custom_types {}
#[cfg(all(feature = "jiff", feature = "decimal"))]
#[doc = include_str!("../../../docs/guide/relations.md")]
mod relations {}
#[doc = include_str!("../../../docs/guide/queries.md")]
mod queries {}
#[doc = include_str!("../../../docs/guide/transactions-and-snapshots.md")]
mod transactions_and_snapshots {}
#[doc = include_str!("../../../docs/guide/hooks.md")]
mod hooks {}
#[doc = include_str!("../../../docs/guide/live-queries.md")]
mod live_queries {}
#[cfg(feature = "persist")]
#[doc = include_str!("../../../docs/guide/durability.md")]
mod durability {}
#[cfg(feature = "persist")]
#[doc = include_str!("../../../docs/guide/evolution.md")]
mod evolution {}
#[cfg(feature = "decimal")]
#[doc = include_str!("../../../docs/guide/reflection.md")]
mod reflection {}
#[cfg(all(feature = "proptest", feature = "decimal"))]
#[doc = include_str!("../../../docs/guide/property-testing.md")]
mod property_testing {}
