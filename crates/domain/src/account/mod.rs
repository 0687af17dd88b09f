//! Accounts: their keys, balances and settings.

pub mod blocklist;
pub mod contacts;
pub mod operator;
pub mod people;
pub mod profile;
pub mod sender;
pub mod template;
pub mod traffic;

use std::str::FromStr;

use crate::id::{AccountId, KeyId};
use crate::message::campaign::{CampaignWebhook, RefundPolicy};
use crate::money::Msat;
use crate::secret::Secret;
use crate::time::Timestamp;

/// The operator's name for an account: 1 to 64 of `a-z A-Z 0-9 . _ -`, because one API carries it
/// in a URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountName(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account name is 1 to 64 letters, digits, dots, dashes or underscores")]
pub struct BadAccountName;

impl FromStr for AccountName {
    type Err = BadAccountName;

    fn from_str(name: &str) -> Result<Self, BadAccountName> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if (1..=64).contains(&name.len()) && name.chars().all(allowed) {
            Ok(Self(name.to_owned()))
        } else {
            Err(BadAccountName)
        }
    }
}

impl AccountName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, Clone)]
pub struct Account {
    pub id: AccountId,
    pub name: AccountName,
    /// Signs this account's webhooks (Standard Webhooks, `whsec_…`).
    pub webhook_secret: Secret,
    pub created_at: Timestamp,
    /// Its keys are refused since then.
    pub disabled_at: Option<Timestamp>,
}

/// An account's balance: `available` may be spent, `reserved` depends on undecided deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    pub available: Msat,
    pub reserved: Msat,
}

/// What a key may do. `*` allows everything; every key may read its account's balance and history at
/// the orders door, and fund it. The bulk door is for keys of text messages.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope; known are {}", Scope::KNOWN.join(", "))]
pub struct BadScope;

impl Scope {
    pub const ALL: &str = "*";
    pub const SEND: &str = "sms:send";
    pub const READ: &str = "sms:read";
    pub const SEND_EMAIL: &str = "email:send";
    /// Numbers on loan: bought, and their messages read.
    pub const RECEIVE: &str = "sms:receive";
    pub const KNOWN: [&str; 5] =
        [Self::ALL, Self::SEND, Self::READ, Self::SEND_EMAIL, Self::RECEIVE];

    pub fn all() -> Self {
        Self(Self::ALL.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Scope {
    type Err = BadScope;

    fn from_str(scope: &str) -> Result<Self, BadScope> {
        if Self::KNOWN.contains(&scope) { Ok(Self(scope.to_owned())) } else { Err(BadScope) }
    }
}

/// SHA-256 of a key. The key has 256 random bits, so its hash can be looked up directly: it cannot
/// be guessed, and a slow hash would add nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

#[derive(Debug, Clone)]
pub struct Key {
    pub id: KeyId,
    pub account: AccountId,
    pub scopes: Vec<Scope>,
    /// Requests per second, `None` = no limit.
    pub rate: Option<u32>,
    /// What its owner calls it.
    pub description: Option<String>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// Its account is disabled.
    pub is_disabled: bool,
}

impl Key {
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|has| has.as_str() == Scope::ALL || has.as_str() == scope)
    }
}

/// Settings of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountSettings {
    /// Which recipients of its campaigns are refunded.
    pub refunds: RefundPolicy,
    /// Recipients per message, if fewer than the operator's limit.
    pub recipients_per_message: Option<u32>,
    /// What it may reserve from its credit per day (UTC), for orders and campaigns together.
    /// Refunds of the same day do not restore it: the rest does not depend on receipts, and a
    /// stolen key cannot send undeliverable messages without limit.
    pub spend_per_day: Option<Msat>,
    /// It may send one-time passwords, which quiet hours do not hold, as campaigns of few recipients.
    pub otp: bool,
    /// It may send silent messages, which find out whether a phone is on.
    pub silent: bool,
    /// It may charge recipients.
    pub premium: bool,
    /// Of its campaigns that name no other.
    pub webhook: Option<CampaignWebhook>,
    /// Gets callbacks of the messages that it sends by the query door, and of those to its numbers.
    pub callback_url: Option<String>,
    /// Where it may send, and how much in an hour.
    pub traffic: traffic::TrafficRules,
    /// Which senders the query door gives its messages.
    pub senders: sender::SenderRules,
    /// The query door reads its parameters as Latin-1 where they are not UTF-8.
    pub query_latin1: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_names_that_survive_a_url() {
        assert!("acme-1.dk_test".parse::<AccountName>().is_ok());
        for bad in ["", "a b", "æ", "a/b", &"x".repeat(65)] {
            assert!(bad.parse::<AccountName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn star_opens_everything_and_nothing_else_does() {
        let key = |scope: &str| Key {
            id: KeyId(1),
            account: AccountId(1),
            scopes: vec![scope.parse().unwrap()],
            rate: None,
            description: None,
            created_at: Timestamp::default(),
            revoked_at: None,
            is_disabled: false,
        };
        assert!(key("*").may(Scope::SEND));
        assert!(key("sms:send").may(Scope::SEND));
        assert!(!key("sms:send").may(Scope::SEND_EMAIL));
        assert!(!key("sms:read").may(Scope::SEND));
    }
}
