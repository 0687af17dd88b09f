//! Finds the code in a text: `123456`, `123-456`, `G-123456`, `K7QX2`, digits of any script, or a link
//! that confirms by itself.
//!
//! 1. The text is made plain ([`plain`]): digits of other scripts become ASCII, invisible characters
//!    go, links, addresses and hashes of apps are set aside.
//! 2. What may be a code is read ([`candidates`]). Dates, times, amounts, phone numbers and masked
//!    cards never are.
//! 3. Each candidate is weighed by the words around it ([`words`]) and by what codes of the service
//!    look like ([`weigh`]). The heaviest one counts, if it is heavy enough.
//!
//! A text without a code yields `None`; the text itself is kept by whoever received it. `corpus.tsv`
//! holds texts with the codes that they have, and a test states how many are found.

mod candidates;
mod links;
mod plain;
mod weigh;
mod words;

use super::service::Service;
use super::{Code, ServiceCode};
use plain::Plain;

/// The code that a message of this service brings; `None`: none was found, and the buyer reads the text.
pub fn find(service: &ServiceCode, text: &str) -> Option<Code> {
    let plain = Plain::of(text);
    if let Some(code) = &plain.bound_to_origin {
        return Some(Code::new(code.as_str()));
    }
    let found = weigh::heaviest(&plain, Service::of(service));
    found.or_else(|| links::code_in_link(&plain)).map(Code::new)
}

#[cfg(test)]
mod tests;
