//! Rows: SQLite behind the domain's Store port.
