//! LND's REST client against a server that speaks LND's wire contract, over TLS.

mod conformance;
mod fake;
mod handlers;
mod tls;
mod trouble;
