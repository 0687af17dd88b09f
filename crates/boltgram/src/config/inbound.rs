//! `[inbound]`: where inbound messages are reported, and the words that they are searched for.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct InboundConfig {
    /// Receives the messages of every number without a webhook of its own.
    pub webhook_url: Option<Url>,
    /// Holds the secret that signs where no account's does; by default `inbound.secret` in the data
    /// directory, made at the first start.
    pub webhook_secret_file: Option<PathBuf>,
    /// Opt-out keywords besides the usual ones.
    pub stop_words: Vec<String>,
    /// Opt-in keywords.
    pub start_words: Vec<String>,
    /// Keywords that are answered with the `help_text` of the number.
    pub help_words: Vec<String>,
}
