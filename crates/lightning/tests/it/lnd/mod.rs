//! The LND client against a server with LND's wire contract, over TLS.

mod channels;
mod conformance;
mod failures;
mod fake;
mod handlers;
mod payment_failures;
mod payments;
mod recovery;
mod streaming;
mod streams;
mod tls;
