//! The PDU codec: every operation of SMPP 3.4 and 5.0 as a borrowed struct, decoded leniently, encoded strictly.
//! Streams are split by [`crate::frame`]; session rules are in [`crate::session`].
//!
//! Decoding copies nothing: fields are slices of the frame. Lenient means: any octets in addresses and ids, ids of any
//! length, optional parameters without their NUL, stray octets at the end, responses without a body. Encoding refuses
//! a NUL inside a C-string and a field longer than the standard allows.

use bytes::{BufMut, BytesMut};

use crate::{CommandId, CommandStatus};

#[macro_use]
mod schema;
mod any;
mod bind;
mod broadcast;
mod field;
mod flags;
mod manage;
mod message;
mod multi;
mod raw;
pub mod tag;
mod tlv;

pub use any::Pdu;
pub use bind::{
    BindReceiver, BindReceiverResp, BindTransceiver, BindTransceiverResp, BindTransmitter,
    BindTransmitterResp, EnquireLink, EnquireLinkResp, GenericNack, Outbind, Unbind, UnbindResp,
};
pub use broadcast::{
    BroadcastSm, BroadcastSmResp, CancelBroadcastSm, CancelBroadcastSmResp, QueryBroadcastSm,
    QueryBroadcastSmResp,
};
pub use field::{DecodeError, EncodeError};
pub use flags::{Address, DataCoding, EsmClass, Npi, RegisteredDelivery, Secret, Ton};
pub use manage::{AlertNotification, CancelSm, CancelSmResp, QuerySm, QuerySmResp};
pub use message::{
    DataSm, DataSmResp, DeliverSm, DeliverSmResp, ReplaceSm, ReplaceSmResp, SubmitMulti, SubmitSm,
    SubmitSmResp,
};
pub use multi::{
    Destination, Destinations, ListBuf, SubmitMultiResp, Unsuccessful, UnsuccessfulList,
};
pub use raw::RawPdu;
pub use tlv::{Tlv, TlvBuf, TlvIter, Tlvs};

/// Octets of the header (SMPP 3.4 §3.2).
pub const HEADER_OCTETS: usize = 16;

/// The header of every PDU: four 32-bit integers (SMPP 3.4 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Octets of the whole PDU, the header included.
    pub length: u32,
    /// The operation.
    pub id: CommandId,
    /// Result of the request; 0 in requests.
    pub status: CommandStatus,
    /// Sequence number; a response repeats that of its request.
    pub sequence: u32,
}

impl Header {
    /// Reads the first 16 octets; `None` if there are fewer.
    #[must_use]
    #[inline]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let [l0, l1, l2, l3, i0, i1, i2, i3, s0, s1, s2, s3, n0, n1, n2, n3] =
            *bytes.first_chunk::<HEADER_OCTETS>()?;
        Some(Self {
            length: u32::from_be_bytes([l0, l1, l2, l3]),
            id: CommandId(u32::from_be_bytes([i0, i1, i2, i3])),
            status: CommandStatus(u32::from_be_bytes([s0, s1, s2, s3])),
            sequence: u32::from_be_bytes([n0, n1, n2, n3]),
        })
    }
}

/// A PDU's body: the fields after the header.
pub trait Body<'a>: Sized {
    /// The body's operation.
    const ID: CommandId;

    /// Decodes a body, borrowing from it.
    ///
    /// # Errors
    /// [`DecodeError`] if mandatory fields are incomplete; the stream stays intact.
    fn decode_body(body: &'a [u8]) -> Result<Self, DecodeError>;

    /// Appends the body.
    ///
    /// # Errors
    /// [`EncodeError`]; part of the body may have been appended ([`encode`] removes it).
    fn encode_body(&self, out: &mut BytesMut) -> Result<(), EncodeError>;
}

/// Appends a whole PDU.
///
/// # Errors
/// [`EncodeError`]; `out` is then unchanged.
#[inline]
pub fn encode<'a, B: Body<'a>>(
    out: &mut BytesMut,
    status: CommandStatus,
    sequence: u32,
    body: &B,
) -> Result<(), EncodeError> {
    let start = out.len();
    // One capacity check for nearly every PDU.
    out.reserve(512);
    put_header(out, B::ID, status, sequence);
    if let Err(error) = body.encode_body(out) {
        out.truncate(start);
        return Err(error);
    }
    let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

/// Appends a PDU without a body, such as a refusal.
pub fn encode_bare(out: &mut BytesMut, id: CommandId, status: CommandStatus, sequence: u32) {
    put_header(out, id, status, sequence);
}

#[inline]
fn put_header(out: &mut BytesMut, id: CommandId, status: CommandStatus, sequence: u32) {
    let mut header = [0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (place, word) in header.chunks_exact_mut(4).skip(1).zip([id.0, status.0, sequence]) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    out.put_slice(&header);
}
