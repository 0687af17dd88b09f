//! Texts as they travel: which alphabet carries a text, how many parts it takes, and the octets of
//! each part.
//!
//! ```text
//! &str ── measure ──> Measure { encoding, parts, units, chars }      what it costs, nothing allocated
//!      └─ segment ──> Vec<Part { udh + payload, data_coding }>       what a carrier is given
//!
//! octets ── Header::parse ──> Header + payload ── decode ──> String  what came in
//! ```
//!
//! On the wire of SMPP a GSM-7 text is *unpacked*: one septet in each octet. [`packed`] has the
//! form of the radio side, for modems and for the rare carrier that wants it.
//!
//! What is deliberately absent: replacing characters to save money (a text is sent as it was
//! written or refused), keeping grapheme clusters whole at a cut (only escapes and surrogate pairs
//! are), and the reassembly of inbound parts (that needs a store and a clock).

mod alphabet;
mod body;
mod choose;
mod decode;
mod header;
mod measure;
mod national;
pub mod packed;
mod policy;
mod segment;

pub use alphabet::{ESCAPE, Shifts, decode_septets, encode_septets};
pub use body::Text;
pub use choose::Encoding;
pub use decode::{ByteOrder, decode_ucs2};
pub use header::{Concat, Element, Header, HeaderError, Ports, Reference};
pub use measure::{Measure, measure};
pub use national::Language;
pub use policy::{Alphabet, National, Policy, ReferenceWidth, TextError};
pub use segment::{Part, segment};

#[cfg(test)]
mod tests;
