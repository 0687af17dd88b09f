//! Phones whose SIM cards receive and send for us: how the operator adds them, and what they call us for.
//!
//! | the process died | it left | what happens |
//! |---|---|---|
//! | after a number was added, before its SIM card had it | a number that is not lent | the command is repeated |
//! | after a message was stored, before the phone was answered | a stored message | the phone repeats it, and it is a repeat |

mod calls;
mod enrol;
mod hook;
mod keys;
mod streams;
mod texts;

use std::sync::Arc;

use domain::ports::{Clock, Random, Store};

use crate::inbound::Inbound;

pub use calls::{CallError, Registered};
pub use enrol::{PhoneError, PhoneList, SimNumber};
pub use hook::{HookError, Hooked, PhoneText};
pub use streams::{PhoneStream, Push};

use streams::Streams;

/// What phones call.
#[derive(Debug)]
pub struct Phones {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) inbound: Arc<Inbound>,
    streams: Streams,
}

impl Phones {
    pub(crate) fn new(random: Arc<dyn Random>, inbound: &Arc<Inbound>) -> Self {
        Self {
            store: inbound.store.clone(),
            clock: inbound.clock.clone(),
            random,
            inbound: inbound.clone(),
            streams: Streams::default(),
        }
    }
}
