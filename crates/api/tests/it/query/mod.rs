//! The query door.

mod keywords;
mod lookups;
