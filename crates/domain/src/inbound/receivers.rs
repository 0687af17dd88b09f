//! Who is told what comes in: whose number it came to, else whoever gets the rest.

use std::collections::BTreeMap;

use super::part::Party;
use crate::id::AccountId;
use crate::inbound::keyword::Keywords;
use crate::secret::Secret;
use crate::text::Text;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundWebhook {
    pub url: String,
    pub secret: Secret,
}

/// What becomes of messages to one number. Without a webhook they are stored and not told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receiver {
    pub account: Option<AccountId>,
    pub webhook: Option<InboundWebhook>,
    /// What HELP is answered with, for the account's credit.
    pub help: Option<Text>,
}

/// A number is matched as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receivers {
    /// Words by which people stop and start what is sent to them.
    pub keywords: Keywords,
    pub numbers: BTreeMap<Party, Receiver>,
    /// Of every other number.
    pub others: Receiver,
}

impl Receivers {
    pub fn of(&self, to: &Party) -> &Receiver {
        self.numbers.get(to).unwrap_or(&self.others)
    }
}
