//! The HTTP doors, one folder each.
