//! Clock, fakes, fault wrappers and conformance suites.

pub mod carrier_conformance;
pub mod clock;
pub mod crash;
pub mod fake_phone;
pub mod faults;
pub mod lender;
pub mod lightning_conformance;
pub mod lookup_conformance;
pub mod payees;
pub mod postgres;
pub mod smsc;
pub mod store_conformance;
pub mod supplier_conformance;
pub mod upstreams;
pub mod wholesaler;
pub mod windowless;
