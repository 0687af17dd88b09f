//! Batches that the caller passes to a session, already encoded: our requests, and answers to the peer's. The session
//! only copies octets and sets sequence numbers. Order is kept.

use std::fmt;

use bytes::BytesMut;

use super::event::Ticket;
use crate::pdu::{self, Body, DeliverSmResp, EncodeError, SubmitSmResp, Tlvs};
use crate::{CommandId, CommandStatus};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) token: u64,
    pub(crate) command: CommandId,
    start: usize,
    end: usize,
}

/// Requests to send. Each has a token of the caller, which comes back with the response.
#[derive(Default)]
pub struct Requests {
    bytes: BytesMut,
    entries: Vec<Entry>,
    placed: usize,
}

impl Requests {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty batch with room for `count` requests of about 200 octets.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self {
            bytes: BytesMut::with_capacity(count.saturating_mul(200).saturating_add(512)),
            entries: Vec::with_capacity(count),
            placed: 0,
        }
    }

    /// Adds a request (`SubmitSm`, `DeliverSm`, `DataSm`, `QuerySm`, …). The session itself sends binds, unbinds and
    /// enquire_links.
    ///
    /// # Errors
    /// [`EncodeError`]; the batch is then unchanged.
    #[inline]
    pub fn push<'a, B: Body<'a>>(&mut self, token: u64, body: &B) -> Result<(), EncodeError> {
        let start = self.bytes.len();
        pdu::encode(&mut self.bytes, CommandStatus::ROK, 0, body)?;
        self.entries.push(Entry { token, command: B::ID, start, end: self.bytes.len() });
        Ok(())
    }

    /// Number of requests not yet sent.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len() - self.placed
    }

    /// Whether all requests were sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tokens of the requests not yet sent, in order.
    pub fn tokens(&self) -> impl Iterator<Item = u64> + '_ {
        self.entries.iter().skip(self.placed).map(|entry| entry.token)
    }

    #[inline]
    pub(crate) fn next(&mut self) -> Option<(Entry, &[u8])> {
        let entry = *self.entries.get(self.placed)?;
        self.placed += 1;
        Some((entry, self.bytes.get(entry.start..entry.end).unwrap_or_default()))
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} requests>", self.len())
    }
}

/// Answers to the peer's requests.
#[derive(Default)]
pub struct Answers {
    pub(crate) bytes: BytesMut,
    pub(crate) count: u32,
    /// Size of the answered requests.
    pub(crate) octets: usize,
}

#[allow(clippy::needless_pass_by_value)] // an answer consumes its ticket
impl Answers {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an answer with a body; it must be the response of the ticket's command.
    ///
    /// # Errors
    /// [`EncodeError`]; the request is then refused with `ESME_RSYSERR`, because it must be answered.
    pub fn push<'a, B: Body<'a>>(
        &mut self,
        ticket: Ticket,
        status: CommandStatus,
        body: &B,
    ) -> Result<(), EncodeError> {
        debug_assert_eq!(ticket.command.response(), B::ID, "an answer of another kind");
        if let Err(error) = pdu::encode(&mut self.bytes, status, ticket.sequence, body) {
            self.refuse(ticket, CommandStatus::RSYSERR);
            return Err(error);
        }
        self.count(&ticket);
        Ok(())
    }

    /// Adds an answer without a body: a refusal, or the response to cancel_sm or replace_sm.
    pub fn refuse(&mut self, ticket: Ticket, status: CommandStatus) {
        pdu::encode_bare(&mut self.bytes, ticket.command.response(), status, ticket.sequence);
        self.count(&ticket);
    }

    /// Answers a `deliver_sm` or `data_sm` with an empty message id, as an ESME does (SMPP 3.4 §4.6.2).
    pub fn deliver(&mut self, ticket: Ticket, status: CommandStatus) {
        let start = self.bytes.len();
        // An empty id always fits.
        let _ = pdu::encode(&mut self.bytes, status, ticket.sequence, &DeliverSmResp::default());
        let id = ticket.command.response().0.to_be_bytes();
        if let Some(place) = self.bytes.get_mut(start + 4..start + 8) {
            place.copy_from_slice(&id);
        }
        self.count(&ticket);
    }

    const fn count(&mut self, ticket: &Ticket) {
        self.count += 1;
        self.octets += ticket.octets as usize;
    }

    /// Accepts a `submit_sm` under this message id, as an SMSC does once the message is stored.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn submitted(&mut self, ticket: Ticket, message_id: &[u8]) -> Result<(), EncodeError> {
        let body = SubmitSmResp { message_id, tlvs: Tlvs::NONE };
        self.push(ticket, CommandStatus::ROK, &body)
    }

    /// Number of answers.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether the batch is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} answers>", self.count)
    }
}
