//! The SMPP protocol, 3.4 and 5.0: PDUs, sessions, windows, client and server. Knows nothing of Boltgram.

mod command;
mod status;
pub mod pdu;
pub mod frame;

pub use command::CommandId;
pub use status::{CommandStatus, ErrorClass};
