//! Clock, fakes, fault wrappers and conformance suites.
