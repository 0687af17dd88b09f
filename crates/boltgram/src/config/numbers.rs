//! `[numbers]` and `[[numbers]]`: how numbers are read, and numbers of the operator's own. TOML has no table and list of
//! one name, so a file that needs both writes the list as `[[numbers.own]]`.

use std::fmt;

use domain::id::AccountId;
use domain::number::Accept;
use domain::number::own::{Abilities, BadAbility, BadCountry, Country, Line, NumberTerms};
use domain::routing::CarrierName;
use domain::text::Text;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use url::Url;

#[derive(Debug, Clone, Default)]
pub(crate) struct NumbersConfig {
    /// What an international number must be.
    pub accept: Accept,
    pub own: Vec<NumberConfig>,
    /// Written as `[[numbers]]`.
    is_list: bool,
}

impl NumbersConfig {
    /// The place of a key of a number in the file.
    pub(crate) fn path(&self, place: usize, key: &str) -> String {
        let list = if self.is_list { "numbers" } else { "numbers.own" };
        format!("{list}.{place}.{key}")
    }
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Table {
    accept: AcceptWord,
    own: Vec<NumberConfig>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum AcceptWord {
    #[default]
    Possible,
    Valid,
}

impl<'de> Deserialize<'de> for NumbersConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TableOrList)
    }
}

struct TableOrList;

impl<'de> Visitor<'de> for TableOrList {
    type Value = NumbersConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the section [numbers] or sections [[numbers]]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<NumbersConfig, A::Error> {
        let own = Vec::deserialize(SeqAccessDeserializer::new(list))?;
        Ok(NumbersConfig { own, is_list: true, ..NumbersConfig::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<NumbersConfig, A::Error> {
        let Table { accept, own } = Table::deserialize(MapAccessDeserializer::new(table))?;
        let accept = match accept {
            AcceptWord::Possible => Accept::Possible,
            AcceptWord::Valid => Accept::Valid,
        };
        Ok(NumbersConfig { accept, own, is_list: false })
    }
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
    /// Words with which messages for the owner begin; they are no opt-out here.
    #[serde(default)]
    pub keywords: Vec<String>,
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
            keywords: self.keywords.clone(),
        })
    }
}
