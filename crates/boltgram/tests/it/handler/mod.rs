//! The handler door of the real program, by the official client of its protocol and by raw calls; and one installation as
//! the wholesaler of another.

mod caller;
mod client;
mod upstream;
