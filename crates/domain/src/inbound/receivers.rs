//! Receivers of inbound messages: by destination number, with a default for all others.

use std::collections::BTreeMap;

use super::part::Party;
use crate::event::Target;
use crate::id::AccountId;
use crate::inbound::keyword::Keywords;
use crate::text::Text;

/// How messages to one number are handled. Without a target they are only stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receiver {
    pub account: Option<AccountId>,
    pub target: Option<Target>,
    /// Reply to HELP, charged to the account.
    pub help: Option<Text>,
}

/// Receivers by exact number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receivers {
    /// Keywords for opt-out, opt-in and help.
    pub keywords: Keywords,
    pub numbers: BTreeMap<Party, Receiver>,
    /// Receiver of all other numbers.
    pub others: Receiver,
    /// Owners of numbers that receive nothing at present: STOP to one concerns its owner alone.
    pub silent: BTreeMap<Party, AccountId>,
}

impl Receivers {
    pub fn of(&self, to: &Party) -> &Receiver {
        self.numbers.get(to).unwrap_or(&self.others)
    }

    /// The account whose messages STOP to this number ends; `None`: those of all accounts.
    pub fn opt_out_from(&self, to: &Party) -> Option<AccountId> {
        self.of(to).account.or_else(|| self.silent.get(to).copied())
    }
}
