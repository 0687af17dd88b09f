//! The domain against independent implementations: another calculator of parts, and libphonenumber.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop where it stands")]

mod corpus;
mod dial_out;
mod numbers;
mod segments;
