//! The columns of an activation.

use std::time::Duration;

use domain::activation::change::{Change, Event, State, change, timer};
use domain::activation::{
    Activation, ActivationView, Code, CountryCode, Network, NumberRequest, RentalTerm, SupplierName,
};
use domain::id::{AccountId, ActivationId, OrderId};
use domain::number::Msisdn;
use domain::ports::PortError;
use domain::reason::Reason;
use domain::state::{Illegal, Outcome};
use domain::text::Text;
use domain::time::Timestamp;

use crate::tx::{Result, Row};

/// Selects whole rows; what follows `FROM activations` is given.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, order_id, loan, account, service, wanted_country, network, rented_ms,
                 extends, price, state, reason, supplier, tried, number, country, cost, code, text,
                 messages, paid_at, assigned_at, until, ended_at, updated_at, due_at, lease_node
             FROM activations ",
            $rest
        )
    };
}
pub(super) use select;

/// An activation read for a change, and the change's effects.
pub(crate) struct ActivationRow {
    pub(crate) activation: Activation,
    /// Names, one a line.
    pub(super) tried: String,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) due_at: Option<Timestamp>,
    pub(super) lease_node: Option<String>,
    /// Its supplier knows of its end.
    pub(super) released: bool,
    /// What the buyer saw before the change.
    pub(super) seen: ActivationView,
    pub(super) outcome: Option<Outcome>,
    pub(super) is_news: bool,
    pub(super) is_touched: bool,
    /// It ended by this change.
    pub(super) has_ended: bool,
    /// It got a message by this change.
    pub(super) has_message: bool,
}

impl ActivationRow {
    pub(super) fn read(mut row: Row) -> Result<Self> {
        let row = &mut row;
        let unreadable = |column| PortError::Refused(format!("unreadable column: {column}"));
        let (id, order, loan) = (ActivationId(row.get()?), row.get::<OrderId>()?, row.get()?);
        let account: Option<AccountId> = row.get()?;
        let service = row.get::<String>()?.parse().map_err(|_| unreadable("service"))?;
        let wanted_country = row.get::<Option<u16>>()?.map(CountryCode);
        let network: Network = row.get()?;
        let rented = row.get::<Option<u64>>()?.map(Duration::from_millis);
        let extends = row.get::<Option<i64>>()?.map(ActivationId);
        let rental = rented.map(|duration| RentalTerm { duration, extends });
        let is_rental = rental.is_some();
        let wanted = NumberRequest { service, country: wanted_country, network, rental };
        let price = row.get()?;
        let state = row.get::<String>()?;
        let state = State::of_word(is_rental, &state).map_err(|_| unreadable("state"))?;
        let reason = row.get()?;
        let supplier = row.get::<Option<String>>()?.map(|name| SupplierName::new(&name));
        let tried = row.get()?;
        let number: Option<Msisdn> = row.get()?;
        let country = row.get::<Option<u16>>()?.map(CountryCode).or(wanted_country);
        let cost = row.get()?;
        let code = row.get::<Option<String>>()?.map(Code::new);
        let text = row.get::<Option<String>>()?.map(Text::new);
        let (messages, paid_at, assigned_at) = (row.get()?, row.get()?, row.get()?);
        let (until, ended_at, updated_at) = (row.get()?, row.get()?, row.get()?);
        let (due_at, lease_node): (Option<Timestamp>, _) = (row.get()?, row.get()?);
        let activation = Activation {
            id,
            order,
            account,
            loan,
            wanted,
            price,
            state,
            reason,
            supplier,
            number,
            country,
            cost,
            code,
            text,
            messages,
            paid_at,
            assigned_at,
            until,
            updated_at,
        };
        let released = state.is_final() && due_at.is_none();
        Ok(Self {
            seen: activation.view(),
            activation,
            tried,
            ended_at,
            due_at,
            lease_node,
            released,
            outcome: None,
            is_news: false,
            is_touched: false,
            has_ended: false,
            has_message: false,
        })
    }

    /// Takes an event; what the machine refuses changes nothing.
    pub(super) fn take(
        &mut self,
        event: &Event,
        now: Timestamp,
    ) -> std::result::Result<(), Illegal> {
        let Change { after, outcome, is_news } = change(&self.activation, event, now)?;
        let had_ended = self.activation.state.is_final();
        self.is_touched |= after != self.activation;
        self.activation = after;
        self.outcome = self.outcome.or(outcome);
        self.is_news |= is_news;
        self.has_message |= matches!(event, Event::Message { .. });
        if self.activation.state.is_final() && !had_ended {
            self.ended_at = Some(now);
            self.has_ended = true;
        }
        Ok(())
    }

    /// A node that has it leased reports first.
    pub(crate) fn cancel(
        &mut self,
        reason: Reason,
        now: Timestamp,
    ) -> std::result::Result<(), Illegal> {
        self.take(&Event::Cancelled(reason), now)?;
        self.look_unless_leased(now);
        Ok(())
    }

    pub(super) fn tried(&self) -> Vec<SupplierName> {
        self.tried.lines().map(SupplierName::new).collect()
    }

    /// It has ended, and a supplier that was called for it does not know. Extensions have no loan of their
    /// own.
    pub(super) const fn releases(&self) -> bool {
        self.activation.state.is_final()
            && !self.released
            && self.activation.supplier.is_some()
            && self.activation.wanted.extends().is_none()
    }

    /// Whether no other node than this one has it leased.
    pub(super) fn is_free_for(&self, node: Option<&str>) -> bool {
        self.lease_node.is_none() || self.lease_node.as_deref() == node
    }

    /// When a worker is to look at it, not later than `at`.
    pub(super) fn look_at(&mut self, at: Timestamp) {
        self.lease_node = None;
        self.due_at = if self.releases() {
            Some(at)
        } else {
            timer(&self.activation).map(|timer| timer.min(at))
        };
        self.is_touched = true;
    }

    /// Likewise, but a node that has it leased reports first: its call to a supplier may be under way.
    pub(super) fn look_unless_leased(&mut self, at: Timestamp) {
        if self.lease_node.is_none() {
            self.look_at(at);
        }
    }
}
