//! Lookups of numbers: at a provider over HTTP, and in the sandbox.

mod http;
mod sandbox;

pub use http::{HttpLookup, HttpLookupOptions, LookupConfigError, LookupPointers};
pub use sandbox::SandboxLookup;
