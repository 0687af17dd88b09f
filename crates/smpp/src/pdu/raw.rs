//! A received PDU, still encoded: cheap to pass on, decoded where it is needed. Only its header has been checked.

use std::fmt;

use bytes::Bytes;

use super::{Body, DecodeError, HEADER_OCTETS, Header, Pdu};
use crate::{CommandId, CommandStatus};

/// One PDU, still encoded: a reference-counted slice of the read buffer. It keeps that buffer (64 KiB or more) alive,
/// so copy out what is kept for long.
#[derive(Clone, PartialEq, Eq)]
pub struct RawPdu {
    header: Header,
    bytes: Bytes,
}

impl RawPdu {
    /// Wraps a frame; `None` if it is shorter than a header.
    #[must_use]
    #[inline]
    pub fn new(bytes: Bytes) -> Option<Self> {
        Header::read(&bytes).map(|header| Self { header, bytes })
    }

    /// The operation.
    #[must_use]
    pub const fn id(&self) -> CommandId {
        self.header.id
    }

    /// The status of a response; 0 in requests.
    #[must_use]
    pub const fn status(&self) -> CommandStatus {
        self.header.status
    }

    /// The sequence number: the peer's in a request, ours in a response.
    #[must_use]
    pub const fn sequence(&self) -> u32 {
        self.header.sequence
    }

    /// The octets after the header.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.bytes.get(HEADER_OCTETS..).unwrap_or_default()
    }

    /// The whole PDU.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Decodes it as one kind of PDU: `pdu.decode::<DeliverSm>()`.
    ///
    /// # Errors
    /// [`DecodeError`]: another kind, or a malformed body. Refuse a request with [`DecodeError::status`].
    #[inline]
    pub fn decode<'a, B: Body<'a>>(&'a self) -> Result<B, DecodeError> {
        if self.header.id != B::ID {
            return Err(DecodeError::WrongCommand { id: self.header.id });
        }
        B::decode_body(self.body())
    }

    /// Decodes a PDU of any kind.
    ///
    /// # Errors
    /// [`DecodeError`] if the body is malformed. Unknown command ids are [`Pdu::Other`].
    pub fn decode_any(&self) -> Result<Pdu<'_>, DecodeError> {
        Pdu::decode(self.header.id, self.body())
    }

    /// The message id of a `submit_sm_resp`, `submit_multi_resp`, `data_sm_resp` or `broadcast_sm_resp`: its first
    /// C-string. Empty without a body and for other kinds.
    #[must_use]
    #[inline]
    pub fn message_id(&self) -> &[u8] {
        match self.header.id {
            CommandId::SUBMIT_SM_RESP
            | CommandId::SUBMIT_MULTI_RESP
            | CommandId::DATA_SM_RESP
            | CommandId::BROADCAST_SM_RESP => {
                let body = self.body();
                let end = memchr::memchr(0, body).unwrap_or(body.len());
                body.get(..end).unwrap_or_default()
            }
            _ => &[],
        }
    }
}

/// Shows only the header: bodies contain numbers, texts and passwords.
impl fmt::Debug for RawPdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Header { length, id, status, sequence } = self.header;
        write!(f, "{id:?} #{sequence} {status} <{length} octets>")
    }
}
