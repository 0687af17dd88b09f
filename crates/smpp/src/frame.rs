//! Splits a byte stream into PDUs by `command_length` (SMPP 3.4 §3.2). After a length below 16 or above the limit the
//! stream cannot be resynchronised; an error inside a frame affects only that PDU.

use bytes::{Bytes, BytesMut};

use crate::pdu::{HEADER_OCTETS, Header, RawPdu};
use crate::{CommandId, CommandStatus};

/// Default limit of a PDU in octets: a `message_payload` of 64 KiB and the other fields.
pub const PDU_OCTETS_MAX: usize = 70 * 1024;

/// The stream cannot be read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("command_length {length} is not between 16 and {octets_max}")]
pub struct FrameError {
    /// `command_length` as received.
    pub length: u32,
    /// The configured limit.
    pub octets_max: usize,
    /// `sequence_number` of that header, or 0 if the header was incomplete. Used in the final `generic_nack`.
    pub sequence: u32,
}

impl FrameError {
    /// Status of the final `generic_nack`.
    pub const STATUS: CommandStatus = CommandStatus::RINVCMDLEN;
    /// Command id of the final `generic_nack`.
    pub const ID: CommandId = CommandId::GENERIC_NACK;

    /// See [`Self::STATUS`].
    #[must_use]
    pub const fn status(&self) -> CommandStatus {
        Self::STATUS
    }
}

/// The whole PDUs at the start of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WholePdus {
    /// Octets of whole PDUs.
    pub octets: usize,
    /// Set when the octets after them cannot be a PDU.
    pub error: Option<FrameError>,
}

/// Measures the whole PDUs at the start of `input` without changing it.
#[must_use]
pub fn measure(input: &[u8], octets_max: usize) -> WholePdus {
    let mut octets = 0;
    let error = loop {
        let rest = input.get(octets..).unwrap_or_default();
        let Some(word) = rest.first_chunk::<4>() else { break None };
        let length = u32::from_be_bytes(*word);
        let size = length as usize;
        if size < HEADER_OCTETS || size > octets_max {
            let sequence = Header::read(rest).map_or(0, |header| header.sequence);
            break Some(FrameError { length, octets_max, sequence });
        }
        if rest.len() < size {
            break None;
        }
        octets += size;
    };
    WholePdus { octets, error }
}

/// Iterator over the PDUs taken from a read buffer; they are slices of one shared allocation.
#[derive(Debug, Clone)]
pub struct Frames {
    rest: Bytes,
}

impl Iterator for Frames {
    type Item = RawPdu;

    #[inline]
    fn next(&mut self) -> Option<RawPdu> {
        let word = self.rest.first_chunk::<4>()?;
        let size = u32::from_be_bytes(*word) as usize;
        if size < HEADER_OCTETS || size > self.rest.len() {
            return None;
        }
        // The PDUs share the allocation; the last one takes over the handle.
        RawPdu::new(self.rest.split_to(size))
    }
}

/// Takes all whole PDUs from the start of `input`. The rest is an incomplete PDU, or octets that the error describes.
pub fn split(input: &mut BytesMut, octets_max: usize) -> (Frames, Option<FrameError>) {
    let WholePdus { octets, error } = measure(input, octets_max);
    (Frames { rest: input.split_to(octets).freeze() }, error)
}

#[cfg(test)]
mod tests {
    use bytes::{BufMut, BytesMut};

    use super::{PDU_OCTETS_MAX, split};
    use crate::{CommandId, CommandStatus, pdu};

    fn two_and_a_half() -> BytesMut {
        let mut input = BytesMut::new();
        for sequence in 1..=3 {
            pdu::encode_bare(&mut input, CommandId::ENQUIRE_LINK, CommandStatus::ROK, sequence);
        }
        input.truncate(40);
        input
    }

    #[test]
    fn whole_pdus_are_taken_and_an_incomplete_one_stays() {
        let mut input = two_and_a_half();
        let (frames, error) = split(&mut input, PDU_OCTETS_MAX);
        assert_eq!(frames.map(|frame| frame.sequence()).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((error, input.len()), (None, 8));
    }

    #[test]
    fn an_impossible_length_ends_the_stream_after_the_sound_pdus() {
        for length in [0, 15, 0x8000_0000, u32::MAX, 70 * 1024 + 1] {
            let mut input = two_and_a_half();
            input.truncate(32);
            input.put_u32(length);
            let (frames, error) = split(&mut input, PDU_OCTETS_MAX);
            assert_eq!(frames.count(), 2);
            assert_eq!(error.map(|error| error.length), Some(length));
        }
    }

    #[test]
    fn a_bare_header_of_sixteen_is_whole() {
        let mut input = BytesMut::new();
        pdu::encode_bare(&mut input, CommandId::UNBIND, CommandStatus::ROK, 9);
        let (mut frames, error) = split(&mut input, PDU_OCTETS_MAX);
        assert!(frames.next().is_some_and(|frame| frame.body().is_empty()) && error.is_none());
    }
}
