//! Tables, rows and values by name; JSON and CSV; diagrams.
//!
//! | module | noun |
//! |---|---|
//! | `models` | a library: every kind of rule, documentation, something private |
//! | `schema` | the schema as data, for people, and drawn |
//! | `rows` | reading and writing by name |
//! | `importing` | what an import promises, whatever the text |
//! | `json`, `csv` | texts out of a database, and into one |
//! | `json_columns` | columns of JSON, and what a text must not lose |
//! | `round_trip` | rows of every type there is, by chance: what comes back is what was there |
//! | `by_chance` | rows for users' own property tests: accepted, and of every kind |

#[path = "reflection/by_chance.rs"]
mod by_chance;
#[path = "reflection/csv.rs"]
mod csv;
#[path = "reflection/importing.rs"]
mod importing;
#[path = "reflection/json.rs"]
mod json;
#[path = "reflection/json_columns.rs"]
mod json_columns;
#[path = "reflection/models.rs"]
mod models;
#[path = "reflection/round_trip.rs"]
mod round_trip;
#[path = "reflection/rows.rs"]
mod rows;
#[path = "reflection/schema.rs"]
mod schema;
