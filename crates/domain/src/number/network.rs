//! What the networks say about a number: where it is subscribed, and whether it can be reached (HLR lookup).

use std::fmt;

use serde::{Deserialize, Serialize};

/// An answer, as far as the provider has it. `Debug` shows no IMSI.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkAnswer {
    /// Whether a text would arrive, in the words of receipts: `DELIVRD`, `UNDELIV`.
    pub stat: String,
    /// 0, or why it would not.
    pub err: u32,
    pub imsi: Option<String>,
    /// Mobile country code and network code of the present network: 23820.
    pub mccmnc: Option<u32>,
    /// The network that the number belongs to by its digits.
    pub original_network: Option<String>,
    pub original_prefix: Option<u64>,
    /// The present network, if the number was ported.
    pub ported_network: Option<String>,
    pub ported_prefix: Option<u64>,
    /// Whether the phone is abroad; `None`: unknown, or not asked for.
    pub roaming: Option<bool>,
}

impl fmt::Debug for NetworkAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkAnswer")
            .field("stat", &self.stat)
            .field("err", &self.err)
            .field("mccmnc", &self.mccmnc)
            .finish_non_exhaustive()
    }
}
