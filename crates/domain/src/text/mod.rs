//! Encoding of texts: alphabet, number of parts, and the octets of each part.
//!
//! ```text
//! &str ── measure ──> Measure { encoding, parts, units, chars }      for the price, without allocation
//!      └─ segment ──> Vec<Part { udh + payload, data_coding }>       for the carrier
//! a link and its title: measure_push, segment_push
//!
//! octets ── Header::parse ──> Header + payload ── decode ──> String  inbound
//! ```
//!
//! In SMPP a GSM-7 text is *unpacked*: one septet per octet. [`packed`] has the form of the radio interface, for modems
//! and for a few carriers.
//!
//! Deliberately absent: transliteration to save parts (a text is sent unchanged or refused), keeping grapheme clusters
//! in one part (only escapes and surrogate pairs are), and joining inbound parts (that needs a store and a clock).

mod alphabet;
mod body;
mod choose;
mod decode;
mod header;
mod measure;
mod national;
pub mod packed;
mod policy;
mod push;
mod segment;
mod table;

pub use alphabet::{ESCAPE, Shifts, decode_septets, encode_septets};
pub use body::Text;
pub use choose::Encoding;
pub use decode::{ByteOrder, decode_ucs2};
pub use header::{Concat, Element, Header, HeaderError, Ports, Reference};
pub use measure::{Measure, measure};
pub use national::Language;
pub use policy::{Alphabet, National, Policy, ReferenceWidth, TextError};
pub use push::{PushPart, measure_push, segment_push};
pub use segment::{Part, segment};

#[cfg(test)]
mod tests;
