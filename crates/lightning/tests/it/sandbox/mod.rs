//! The sandbox node: conformance, faults, journal and invoices.

mod conformance;
mod faults;
mod interleavings;
mod invoices;
mod journal;
