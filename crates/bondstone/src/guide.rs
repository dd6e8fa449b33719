//! The chapters of the guide, so that their programs are compiled and run with the other examples.

#[doc = include_str!("../../../README.md")]
mod readme {}
#[doc = include_str!("../../../docs/guide/models.md")]
mod models {}
#[doc = include_str!("../../../docs/guide/keys-and-constraints.md")]
mod keys_and_constraints {}
#[doc = include_str!("../../../docs/guide/inheritance.md")]
mod inheritance {}
#[doc = include_str!("../../../docs/guide/custom-types.md")]
mod custom_types {}
#[doc = include_str!("../../../docs/guide/relations.md")]
mod relations {}
#[doc = include_str!("../../../docs/guide/queries.md")]
mod queries {}
#[doc = include_str!("../../../docs/guide/transactions-and-snapshots.md")]
mod transactions_and_snapshots {}
#[cfg(feature = "persist")]
#[doc = include_str!("../../../docs/guide/durability.md")]
mod durability {}
#[cfg(feature = "persist")]
#[doc = include_str!("../../../docs/guide/evolution.md")]
mod evolution {}
#[doc = include_str!("../../../docs/guide/reflection.md")]
mod reflection {}
