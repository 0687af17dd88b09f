//! The query door.

mod keywords;
