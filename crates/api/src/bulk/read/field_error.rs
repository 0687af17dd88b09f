//! How a value that is not accepted ends the reading of a body.

use http::Words;
use serde::de;

/// The text of the refusal, should the next value be wrong.
pub(super) type Must<'a> = &'a mut Words;

/// Ends the reading; the refusal's text is in [`Must`].
pub(super) fn wrong<E: de::Error>() -> E {
    E::custom("")
}
