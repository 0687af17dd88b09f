//! Operators, their keys, and the audit log.

use std::fmt;
use std::str::FromStr;

use crate::account::KeyHash;
use crate::id::{AccountId, OperatorId};
use crate::state::{UnknownWord, stored_as};
use crate::time::Timestamp;

/// A person or program that may do everything. Its key is stored as a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    pub id: OperatorId,
    pub name: String,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl Operator {
    pub const NAME_CHARS_MAX: usize = 64;
}

#[derive(Debug, Clone)]
pub struct NewOperator {
    /// 1 to [`Operator::NAME_CHARS_MAX`] characters.
    pub name: String,
    pub hash: KeyHash,
}

/// The actor of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    Operator(OperatorId),
    /// Anyone who can run the program on its data.
    CommandLine,
    /// The configuration file, at start.
    Configuration,
    /// The account itself, by one of its keys.
    Account(AccountId),
    /// A recipient who replied to a message.
    Recipient,
    /// The gateway itself, by its rules.
    Gateway,
}

/// As stored and shown: `operator:3`, `command-line`, `configuration`, `account:7`, `recipient`,
/// `gateway`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(OperatorId(id)) => write!(f, "operator:{id}"),
            Self::CommandLine => f.write_str("command-line"),
            Self::Configuration => f.write_str("configuration"),
            Self::Account(AccountId(id)) => write!(f, "account:{id}"),
            Self::Recipient => f.write_str("recipient"),
            Self::Gateway => f.write_str("gateway"),
        }
    }
}

impl FromStr for Actor {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let unknown = || UnknownWord(word.to_owned());
        match word.split_once(':') {
            Some(("operator", id)) => {
                id.parse().map(|id| Self::Operator(OperatorId(id))).map_err(|_| unknown())
            }
            Some(("account", id)) => {
                id.parse().map(|id| Self::Account(AccountId(id))).map_err(|_| unknown())
            }
            None if word == "command-line" => Ok(Self::CommandLine),
            None if word == "configuration" => Ok(Self::Configuration),
            None if word == "recipient" => Ok(Self::Recipient),
            None if word == "gateway" => Ok(Self::Gateway),
            _ => Err(unknown()),
        }
    }
}

/// The kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    AccountAdd,
    AccountSettings,
    AccountDisable,
    AccountEnable,
    AccountProfile,
    AccountPassword,
    CreditGrant,
    CreditDebit,
    CreditRefund,
    KeyAdd,
    KeyRevoke,
    SenderRequest,
    SenderApprove,
    SenderReject,
    SenderWithdraw,
    SenderShare,
    SenderUnshare,
    TemplateAdd,
    TemplateChange,
    TemplateRemove,
    GroupAdd,
    GroupRename,
    GroupRemove,
    ContactsUpload,
    ContactAdd,
    ContactChange,
    ContactRemove,
    ContactJoin,
    ContactLeave,
    BlockAdd,
    BlockRemove,
    NumberAdd,
    NumberChange,
    NumberRemove,
    KeywordChange,
    KeywordEnd,
    PhoneAdd,
    PhoneToken,
    PhoneNumber,
    PhoneSends,
    PhoneRemove,
    PriceSet,
    PriceRemove,
    EventReplay,
    PayoutPause,
    PayoutResume,
    PayoutRetry,
    PayoutEnd,
    OrphanCancel,
    OperatorAdd,
    OperatorRevoke,
}

stored_as!(Action {
    AccountAdd = "account.add",
    AccountSettings = "account.settings",
    AccountDisable = "account.disable",
    AccountEnable = "account.enable",
    AccountProfile = "account.profile",
    AccountPassword = "account.password",
    CreditGrant = "credit.grant",
    CreditDebit = "credit.debit",
    CreditRefund = "credit.refund",
    KeyAdd = "key.add",
    KeyRevoke = "key.revoke",
    SenderRequest = "sender.request",
    SenderApprove = "sender.approve",
    SenderReject = "sender.reject",
    SenderWithdraw = "sender.withdraw",
    SenderShare = "sender.share",
    SenderUnshare = "sender.unshare",
    TemplateAdd = "template.add",
    TemplateChange = "template.change",
    TemplateRemove = "template.remove",
    GroupAdd = "group.add",
    GroupRename = "group.rename",
    GroupRemove = "group.remove",
    ContactsUpload = "contacts.upload",
    ContactAdd = "contact.add",
    ContactChange = "contact.change",
    ContactRemove = "contact.remove",
    ContactJoin = "contact.join",
    ContactLeave = "contact.leave",
    BlockAdd = "block.add",
    BlockRemove = "block.remove",
    NumberAdd = "number.add",
    NumberChange = "number.change",
    NumberRemove = "number.remove",
    KeywordChange = "keyword.change",
    KeywordEnd = "keyword.end",
    PhoneAdd = "phone.add",
    PhoneToken = "phone.token",
    PhoneNumber = "phone.number",
    PhoneSends = "phone.sends",
    PhoneRemove = "phone.remove",
    PriceSet = "price.set",
    PriceRemove = "price.remove",
    EventReplay = "event.replay",
    PayoutPause = "payout.pause",
    PayoutResume = "payout.resume",
    PayoutRetry = "payout.retry",
    PayoutEnd = "payout.end",
    OrphanCancel = "orphan.cancel",
    OperatorAdd = "operator.add",
    OperatorRevoke = "operator.revoke",
});

/// An entry of the audit log. Stored in the same change, and never altered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub id: i64,
    pub at: Timestamp,
    pub by: Actor,
    pub action: Action,
    /// The account whose data were changed.
    pub account: Option<AccountId>,
    /// The changed object: its id or name.
    pub on: String,
    /// JSON with the differences, before and after. No secrets, no texts.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_read_as_it_was_written() {
        for actor in [
            Actor::Operator(OperatorId(3)),
            Actor::CommandLine,
            Actor::Configuration,
            Actor::Account(AccountId(7)),
            Actor::Recipient,
        ] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        for bad in ["", "operator:", "operator:x", "root", "command-line:1"] {
            assert!(bad.parse::<Actor>().is_err(), "{bad:?}");
        }
    }
}
