//! Messages that come in (mobile originated, SMPP `deliver_sm` that is no receipt): parts as carriers
//! bring them, joined by pure rules, and who is told of the whole.

pub mod keyword;

mod join;
mod message;
mod part;
mod receivers;

pub use join::{PartSet, Place, place};
pub use message::{InboundContent, InboundMessage, Octets};
pub use part::{InboundBody, InboundPart, Join, JoinScheme, PartKey, Party};
pub use receivers::{InboundWebhook, Receiver, Receivers};
