//! The SMPP protocol, 3.4 and 5.0: PDUs, sessions, windows, client and server. Knows nothing of Boltgram.
//!
//! Nothing here starts tasks, reads configuration files or waits on a clock of its own: sessions are futures that the
//! caller runs, and the pure parts take the time as an argument.
//!
//! # A client
//!
//! ```no_run
//! use smpp::client::{self, ClientConfig};
//! use smpp::pdu::{Address, DeliverSm, SubmitSm};
//! use smpp::receipt::Receipt;
//! use smpp::session::{Answers, Event, Requests};
//! use smpp::CommandStatus;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let link = client::connect(&ClientConfig::new("smsc.example", 2775, "user", "secret")).await?;
//! let (handle, mut events) = (link.handle, link.events);
//! let session = link.run; // give this future to a task
//! # drop(session);
//!
//! let mut requests = Requests::new();
//! requests.push(1, &SubmitSm {
//!     destination: Address::international(b"4512345678"),
//!     short_message: b"hello",
//!     ..SubmitSm::default()
//! })?;
//! handle.submit(requests).await?;
//!
//! while let Some(batch) = events.next().await {
//!     let mut answers = Answers::new();
//!     for event in batch {
//!         match event {
//!             Event::Response { token, pdu, .. } => { /* pdu.status(), pdu.message_id() */ }
//!             Event::Failed { token, why } => { /* never sent, or may have happened */ }
//!             Event::Request { ticket, pdu } => match pdu.decode::<DeliverSm>() {
//!                 // Store what Receipt::of(&deliver) says, durably, before answering.
//!                 Ok(deliver) => answers.deliver(ticket, CommandStatus::ROK),
//!                 Err(error) => answers.refuse(ticket, error.status()),
//!             },
//!             _ => {}
//!         }
//!     }
//!     handle.answer(answers).await?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A server is [`server::serve`] with a [`server::Handler`]; its sessions have the same handle and events.

mod command;
mod status;

/// Waits between tries.
pub mod backoff;
/// The ESME's side.
pub mod client;
/// From a stream to PDUs.
pub mod frame;
/// A session on a connection: handle, events and the future that runs it.
pub mod link;
/// Every operation as a struct that borrows.
pub mod pdu;
/// Parts per second.
pub mod rate;
/// Delivery receipts, read and written.
pub mod receipt;
/// The SMSC's side.
pub mod server;
/// The machine: states, window, timers; no I/O.
pub mod session;
/// The time format.
pub mod time;
/// Certificates and keys.
pub mod tls;

pub use command::CommandId;
pub use status::{CommandStatus, ErrorClass};
