//! The annotated reference, which `boltgram config` prints.

/// Every key, every default, and what they mean.
pub(crate) const REFERENCE: &str = include_str!("reference.toml");
