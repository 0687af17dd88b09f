//! The annotated reference, printed by `boltgram config`.

/// Every key, every default, and what they mean.
pub(crate) const REFERENCE: &str = include_str!("reference.toml");
