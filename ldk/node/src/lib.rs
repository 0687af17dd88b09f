//! A Lightning node that holds payments.
