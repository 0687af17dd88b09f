//! Where an event is delivered, and how.

use super::plan::Plan;
use crate::secret::Secret;
use crate::state::stored_as;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A POST with a JSON body, signed (Standard Webhooks).
    Webhook { url: String, secret: Secret },
    /// A GET with the event's fields in the query, as the query door documents it. Not signed.
    Callback { url: String },
}

impl Target {
    pub const fn kind(&self) -> TargetKind {
        match self {
            Self::Webhook { .. } => TargetKind::Webhook,
            Self::Callback { .. } => TargetKind::Callback,
        }
    }

    pub fn url(&self) -> &str {
        match self {
            Self::Webhook { url, .. } | Self::Callback { url } => url,
        }
    }

    /// What signs the request, if it is signed.
    pub const fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Webhook { secret, .. } => Some(secret),
            Self::Callback { .. } => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetKind {
    Webhook,
    Callback,
}

stored_as!(TargetKind { Webhook = "webhook", Callback = "callback" });

impl TargetKind {
    pub const fn plan(self) -> &'static Plan {
        match self {
            Self::Webhook => &Plan::WEBHOOK,
            Self::Callback => &Plan::CALLBACK,
        }
    }
}
