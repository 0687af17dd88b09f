//! The domain held against independent judges: another calculator of parts, and libphonenumber.

mod corpus;
mod numbers;
mod segments;
