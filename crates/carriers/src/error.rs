//! Why a carrier cannot be made from its configuration. Told at start, before anything is sent.

/// What is wrong with a carrier's section. The text names keys, never their values' secrets.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The value of a key cannot be used.
    #[error("{key}: {why}")]
    Key { key: &'static str, why: String },
    /// A file the section names cannot be used.
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
