//! The sandbox node: the suite of its port, its faults, its journal, and its invoices.

mod conformance;
mod faults;
mod interleavings;
mod invoices;
mod journal;
