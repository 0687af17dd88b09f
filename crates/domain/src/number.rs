//! Telephone numbers to E.164.
