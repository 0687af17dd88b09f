mod conformance;
mod fake;
mod handlers;
mod tls;
mod trouble;
