//! The fields of a body: a cursor that reads them (lenient) and functions that write them (strict).
//! Which PDU has which fields is defined elsewhere.

use bytes::{BufMut, BytesMut};

/// Why a body could not be decoded. The stream is intact: only this PDU is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The body ended inside or before a mandatory field.
    #[error("the body ends before {field}")]
    Truncated { field: &'static str },
    /// A C-string has no terminating NUL.
    #[error("{field} has no terminating NUL")]
    Unterminated { field: &'static str },
    /// The command id is not the expected one.
    #[error("not a PDU of the expected kind: {id:?}")]
    WrongCommand { id: crate::CommandId },
    /// A `dest_flag` of `submit_multi` that is neither 1 nor 2.
    #[error("dest_flag {flag} is neither an address nor a distribution list")]
    DestinationFlag { flag: u8 },
}

impl DecodeError {
    /// The status with which to refuse such a PDU.
    #[must_use]
    pub const fn status(self) -> crate::CommandStatus {
        use crate::CommandStatus as S;
        match self {
            Self::Truncated { .. } | Self::Unterminated { .. } => S::RINVCMDLEN,
            Self::WrongCommand { .. } => S::RINVCMDID,
            Self::DestinationFlag { .. } => S::RINVDESTFLAG,
        }
    }
}

/// Why a PDU could not be encoded. The buffer is left unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A field is longer than the standard allows.
    #[error("{field} has {octets} octets; the limit is {octets_max}")]
    TooLong { field: &'static str, octets: usize, octets_max: usize },
    /// A C-string contains a NUL, which would end it early.
    #[error("{field} contains a NUL")]
    ContainsNul { field: &'static str },
}

/// Reads fields in order. With `absent_ok` (responses) missing fields read as empty and a C-string may end with the
/// body: refusals are often a bare header (SMPP 3.4 §4.4.2).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    absent_ok: bool,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(body: &'a [u8], absent_ok: bool) -> Self {
        Self { rest: body, absent_ok }
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(crate) fn byte(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        match self.rest.split_first() {
            Some((first, rest)) => {
                self.rest = rest;
                Ok(*first)
            }
            None if self.absent_ok => Ok(0),
            None => Err(DecodeError::Truncated { field }),
        }
    }

    /// A C-string of any length, without its NUL. Length limits apply to writing only.
    #[inline]
    pub(crate) fn c_string(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        // Most are empty or about twelve octets: a plain scan beats a vectorised search.
        let Some(at) = find_nul(self.rest) else {
            if self.absent_ok {
                return Ok(std::mem::take(&mut self.rest));
            }
            return Err(if self.rest.is_empty() {
                DecodeError::Truncated { field }
            } else {
                DecodeError::Unterminated { field }
            });
        };
        let (text, rest) = self.rest.split_at(at);
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(text)
    }

    /// A length octet and that many octets.
    #[inline]
    pub(crate) fn counted(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let length = usize::from(self.byte(field)?);
        self.take(length, field)
    }

    #[inline]
    pub(crate) fn take(
        &mut self,
        length: usize,
        field: &'static str,
    ) -> Result<&'a [u8], DecodeError> {
        match self.rest.split_at_checked(length) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(DecodeError::Truncated { field }),
        }
    }
}

#[inline]
fn find_nul(bytes: &[u8]) -> Option<usize> {
    let (near, _) = bytes.split_at(bytes.len().min(24));
    match near.iter().position(|byte| *byte == 0) {
        Some(at) => Some(at),
        None if near.len() == bytes.len() => None,
        None => memchr::memchr(0, bytes),
    }
}

/// Writes a C-string whose field is `size` octets long, NUL included.
#[inline]
pub(crate) fn put_c_string(
    out: &mut BytesMut,
    text: &[u8],
    size: usize,
    field: &'static str,
) -> Result<(), EncodeError> {
    if text.len() >= size {
        return Err(EncodeError::TooLong { field, octets: text.len(), octets_max: size - 1 });
    }
    if find_nul(text).is_some() {
        return Err(EncodeError::ContainsNul { field });
    }
    out.put_slice(text);
    out.put_u8(0);
    Ok(())
}

/// Writes a length octet and the octets.
#[inline]
pub(crate) fn put_counted(
    out: &mut BytesMut,
    octets: &[u8],
    field: &'static str,
) -> Result<(), EncodeError> {
    let Ok(length) = u8::try_from(octets.len()) else {
        return Err(EncodeError::TooLong { field, octets: octets.len(), octets_max: 255 });
    };
    out.put_u8(length);
    out.put_slice(octets);
    Ok(())
}
