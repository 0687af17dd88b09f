mod conformance;
mod faults;
mod interleavings;
mod invoices;
mod journal;
