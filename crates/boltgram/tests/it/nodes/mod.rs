//! Three real processes on one PostgreSQL and one message centre with a limit of links: one is killed,
//! one is stopped for longer than its lease, the database becomes unavailable. Nothing is lost, the
//! windows of one node and a flush bound the repeats, and the centre never sees more links than it
//! grants.

mod cluster;
mod cost;
mod database_away;
mod few_links;
mod killed;
mod load;
mod stopped;
mod timers;
