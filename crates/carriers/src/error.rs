//! Errors in a carrier's configuration, reported at start.

/// An error in a carrier's section. The text names keys and never contains secrets.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The value of a key is invalid.
    #[error("{key}: {why}")]
    Key { key: &'static str, why: String },
    /// A file named in the section is unusable.
    #[error("{key}: cannot use the file")]
    File {
        key: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ConfigError {
    pub(crate) fn key(key: &'static str, why: impl Into<String>) -> Self {
        Self::Key { key, why: why.into() }
    }
}
