//! `[inbound]` and `[[numbers]]`: where inbound messages are reported.

use std::path::PathBuf;

use domain::id::AccountId;
use domain::number::own::{Abilities, BadAbility, BadCountry, Country, Line, NumberTerms};
use domain::routing::CarrierName;
use domain::text::Text;
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

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NumberConfig {
    /// As carriers write it, with `+` or without: an international number, or a short code.
    pub number: String,
    #[serde(default)]
    pub country: Option<String>,
    /// Words of [`Abilities`]; by default it receives and sends.
    #[serde(default)]
    pub can: Option<Vec<String>>,
    /// The carrier it is on.
    #[serde(default)]
    pub carrier: Option<String>,
    /// Default: the one of `[inbound]`.
    #[serde(default)]
    pub webhook_url: Option<Url>,
    /// The account that owns it; its webhook secret signs.
    #[serde(default)]
    pub account: Option<String>,
    /// Reply to HELP, charged to the account.
    #[serde(default)]
    pub help_text: Option<String>,
}

impl NumberConfig {
    pub(crate) fn country(&self) -> Result<Option<Country>, BadCountry> {
        self.country.as_deref().map(str::parse).transpose()
    }

    pub(crate) fn abilities(&self) -> Result<Abilities, BadAbility> {
        let words = self.can.as_ref().map(|words| words.iter().map(String::as_str));
        words.map_or_else(|| Ok(Abilities::default()), Abilities::from_words)
    }

    pub(crate) fn terms(&self, account: Option<AccountId>) -> anyhow::Result<NumberTerms> {
        Ok(NumberTerms {
            country: self.country()?,
            can: self.abilities()?,
            line: self.carrier.as_deref().map(|name| Line::Carrier(CarrierName::new(name))),
            account,
            webhook_url: self.webhook_url.as_ref().map(|url| url.as_str().to_owned()),
            help: self.help_text.as_deref().map(Text::new),
        })
    }
}
