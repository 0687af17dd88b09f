//! `[inbound]` and `[[numbers]]`: who is told what comes in.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct InboundConfig {
    /// Told of every number that has no address of its own.
    pub webhook_url: Option<Url>,
    /// Holds the secret that signs, unless an account's does; by default `inbound.secret` in the data
    /// directory, made when it is first needed.
    pub webhook_secret_file: Option<PathBuf>,
    /// Words that stop what is sent to whoever says them, besides the usual ones.
    pub stop_words: Vec<String>,
    /// Words that undo it.
    pub start_words: Vec<String>,
    /// Words that ask what a number's `help_text` says.
    pub help_words: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NumberConfig {
    /// As carriers write it, a `+` or not: an international number, or a short code.
    pub number: String,
    /// By default that of `[inbound]`.
    #[serde(default)]
    pub webhook_url: Option<Url>,
    /// Whose number it is; its webhook secret signs.
    #[serde(default)]
    pub account: Option<String>,
    /// What HELP is answered with, at the account's expense.
    #[serde(default)]
    pub help_text: Option<String>,
}
