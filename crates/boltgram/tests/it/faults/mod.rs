//! A connection to the message centre fails at every step: it is cut, half-closed or stalled, in
//! either direction, between two PDUs and within one. The program continues; every order is
//! delivered and paid once, and every receipt is acknowledged.
//!
//! Each fault has its own lane: a carrier, a proxy, a centre and a route, all in one program, so
//! that the lanes fail side by side and none may delay another. A further test floods the program
//! with receipts.

mod flood;
mod lane;
mod sweep;
