//! Queries page by page: all pages together are the query's rows, whatever happens in between, and no text makes anything
//! worse than an error.

#[path = "pages/churn.rs"]
mod churn;
#[path = "pages/cost.rs"]
mod cost;
#[path = "pages/cursors.rs"]
mod cursors;
#[path = "pages/models.rs"]
mod models;
#[path = "pages/whole.rs"]
mod whole;
