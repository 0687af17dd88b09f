//! The SQLite store against the conformance suite, and what only SQLite can fail at.

mod conformance;
