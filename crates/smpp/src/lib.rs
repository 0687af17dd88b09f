//! The SMPP protocol, 3.4 and 5.0: PDUs, sessions, windows, client and server. Knows nothing of Boltgram.
//!
//! The crate starts no tasks, reads no configuration files and has no clock: sessions are futures that the caller
//! runs, and the pure parts take the time as an argument.
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
//!                 // Store Receipt::of(&deliver) durably before answering.
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
mod given_certificates;
mod status;
mod status_meaning;

/// Delays between attempts.
pub mod backoff;
/// The ESME side: connect and bind.
pub mod client;
/// Splits a byte stream into PDUs.
pub mod frame;
/// A session on a connection: handle, events and the future that runs it.
pub mod link;
/// Every operation as a borrowed struct.
pub mod pdu;
/// Rate limit in parts per second.
pub mod rate;
/// Delivery receipts: parsing and rendering.
pub mod receipt;
/// The SMSC side: accept binds.
pub mod server;
/// The session state machine: states, window, timers; no I/O.
pub mod session;
/// SMPP's time format.
pub mod time;
/// TLS settings: certificates, keys, roots.
pub mod tls;

pub use command::CommandId;
pub use status::{CommandStatus, ErrorClass};
