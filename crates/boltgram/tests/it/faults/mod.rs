//! A line to the message centre that fails at every step of the conversation: cut, half-closed or
//! stalled, in either direction, between two PDUs and within one. The program goes on; what it was
//! asked is delivered, paid for once, and every receipt is heard.
//!
//! Each fault has a lane of its own: a carrier, a proxy, a centre and a route, all in one program,
//! so that they fail side by side and none may hold up another. And a centre that floods the program
//! with receipts instead.

mod flood;
mod lane;
mod sweep;
