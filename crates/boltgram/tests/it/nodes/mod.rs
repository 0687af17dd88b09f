//! Three real processes on one PostgreSQL, at one message centre that grants so many links in all: one
//! is killed, one stands still for longer than its lease, the database goes away. Nothing is lost, what
//! is sent twice is bounded by the windows of one node and a flush, and the centre never sees more links
//! than it grants.

mod cluster;
mod cost;
mod database_away;
mod few_links;
mod killed;
mod load;
mod stopped;
mod timers;
