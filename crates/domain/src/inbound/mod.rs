//! Inbound (mobile-originated) messages: parts as carriers deliver them, the rules that join them, keywords, and the
//! receivers of complete messages.

pub mod keyword;
pub mod sold_keyword;

mod join;
mod message;
mod part;
mod receivers;

pub use join::{PartSet, Place, place};
pub use message::{InboundContent, InboundMessage, Octets};
pub use part::{InboundBody, InboundPart, Join, JoinScheme, PartKey, Party, Spelling};
pub use receivers::{Receiver, Receivers};
