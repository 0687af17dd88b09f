//! The conformance suite of the `Lightning` port, against boltgram-node: real channels, real payments, LND's client over
//! TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod interceptor;
mod others;
mod rig;

use rig::NodeRig;

testkit::lightning_conformance!(NodeRig::start);
