//! A number that is lent: for one code (an activation), or for a time (a rental). Which states there
//! are, which changes are legal, and what a change means for the order that pays for it.
//!
//! An activation and a rental are one row, with an id of one sequence; *activation* names both where
//! the difference does not matter.

pub mod change;
pub mod code;
pub mod country;
pub mod loan;
mod names;
pub mod rental;
pub mod rental_time;
mod request;
pub mod service;
pub mod state;
pub mod upstream;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::change::State;
pub use self::names::{BadServiceCode, Code, CountryCode, ServiceCode, SupplierName};
pub use self::request::{Network, NumberRequest, RentalTerm};
use crate::id::{AccountId, ActivationId, OrderId};
use crate::money::Msat;
use crate::number::Msisdn;
use crate::reason::Reason;
use crate::text::Text;
use crate::time::Timestamp;

/// Without a code, an activation ends this long after its payment was held.
pub const CODE_WAIT: Duration = Duration::from_secs(21 * 60);

/// From the assignment of its number until the buyer may cancel.
pub const CANCEL_AFTER: Duration = Duration::from_secs(2 * 60);

/// From the assignment of its number until a rental without a message is kept, and not cancelled any more.
pub const RENTAL_KEPT_AFTER: Duration = Duration::from_secs(20 * 60);

/// A supplier's clock and rounding: a loan that ends this much too early is as long as wanted.
pub const LOAN_END_TOLERANCE: Duration = Duration::from_secs(2 * 60);

/// How long the number of a rental is lent to nobody after the rental's end.
pub const RENTAL_REST: Duration = Duration::from_secs(24 * 60 * 60);

/// An activation or a rental, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    pub id: ActivationId,
    pub order: OrderId,
    pub account: Option<AccountId>,
    /// The name by which suppliers know it: made by us, stored before any supplier is called.
    pub loan: Uuid,
    pub wanted: NumberRequest,
    /// What the buyer pays; the most that a supplier may cost.
    pub price: Msat,
    pub state: State,
    /// Why it was cancelled or expired.
    pub reason: Option<Reason>,
    /// The supplier that was called last.
    pub supplier: Option<SupplierName>,
    pub number: Option<Msisdn>,
    /// Of the number; of the request while there is none.
    pub country: Option<CountryCode>,
    /// What the supplier charges.
    pub cost: Option<Msat>,
    /// Of the newest message; for one code, of the newest one that had a code.
    pub code: Option<Code>,
    pub text: Option<Text>,
    /// Messages that came, also after the end.
    pub messages: u32,
    pub paid_at: Timestamp,
    pub assigned_at: Option<Timestamp>,
    /// When it ends: 21 minutes after the payment; of a rental with a number the end of the rented time.
    pub until: Timestamp,
    pub updated_at: Timestamp,
}

impl Activation {
    /// What the buyer sees of it.
    pub fn view(&self) -> ActivationView {
        ActivationView {
            id: self.id,
            service: self.wanted.service.clone(),
            is_rental: self.wanted.is_rental(),
            number: self.number,
            country: self.country,
            code: self.code.clone(),
            text: self.text.clone(),
            messages: self.messages,
            until: self.until,
            is_over: self.state.is_final(),
        }
    }

    /// When a loan that begins at `from` must end at the earliest; `None`: it is for one code.
    pub fn least_end(&self, from: Timestamp) -> Option<Timestamp> {
        let rented = self.wanted.duration()?;
        Some(from.after(rented).before(LOAN_END_TOLERANCE))
    }

    /// From when the buyer may cancel it; `None`: at once, because there is no number.
    pub fn cancel_from(&self) -> Option<Timestamp> {
        self.assigned_at.map(|assigned| assigned.after(CANCEL_AFTER))
    }
}

/// What the buyer sees of an activation at one moment; part of
/// [`OrderSnapshot`](crate::sale::order::OrderSnapshot).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivationView {
    pub id: ActivationId,
    pub service: ServiceCode,
    pub is_rental: bool,
    pub number: Option<Msisdn>,
    /// The request's while there is no number.
    pub country: Option<CountryCode>,
    pub code: Option<Code>,
    pub text: Option<Text>,
    pub messages: u32,
    pub until: Timestamp,
    pub is_over: bool,
}

/// A message that came to a lent number, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationMessage {
    /// Within its activation, from 1, in the order of arrival.
    pub number: u32,
    pub text: Text,
    /// `None`: no code was found in it.
    pub code: Option<Code>,
    pub at: Timestamp,
}
