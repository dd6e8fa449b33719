//! Plans: every kind is forced on queries that it suits and must give what reading all rows gives; what is chosen freely
//! must, too, in every state that a row can be in.

#[path = "plans/kinds.rs"]
mod kinds;
#[path = "plans/models.rs"]
mod models;
#[path = "plans/own_order.rs"]
mod own_order;
#[path = "plans/prepared.rs"]
mod prepared;
#[path = "plans/random.rs"]
mod random;
#[path = "plans/texts.rs"]
mod texts;
