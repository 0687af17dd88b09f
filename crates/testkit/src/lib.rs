//! Clock, fakes, fault wrappers and conformance suites.

pub mod clock;
pub mod lightning_conformance;
