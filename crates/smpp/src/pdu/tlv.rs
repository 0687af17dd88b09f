//! Optional parameters, tag–length–value (SMPP 3.4 §5.3): decoded lazily from the end of a body, kept verbatim, built
//! in a buffer. Only integers and C-strings are interpreted.

use std::fmt;

use bytes::{BufMut, BytesMut};

use super::{EncodeError, tag};

/// One optional parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// See [`tag`].
    pub tag: u16,
    /// The octets as received.
    pub value: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The value as an unsigned integer of one to four octets; `None` for other lengths.
    #[must_use]
    pub fn integer(&self) -> Option<u32> {
        match self.value {
            [] => None,
            octets if octets.len() <= 4 => {
                Some(octets.iter().fold(0, |sum, octet| sum << 8 | u32::from(*octet)))
            }
            _ => None,
        }
    }

    /// The value up to its first NUL, or all of it: many SMSCs omit the NUL.
    #[must_use]
    pub fn c_string(&self) -> &'a [u8] {
        let end = memchr::memchr(0, self.value).unwrap_or(self.value.len());
        self.value.get(..end).unwrap_or_default()
    }
}

impl fmt::Debug for Tlv<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match tag::name(self.tag) {
            Some(name) => write!(f, "{name}")?,
            None => write!(f, "{:#06x}", self.tag)?,
        }
        write!(f, "<{} octets>", self.value.len())
    }
}

/// The optional parameters of a PDU, decoded during iteration. An incomplete parameter ends the iteration; the octets
/// after the last whole parameter are ignored and not encoded again.
#[derive(Clone, Copy, Default)]
pub struct Tlvs<'a> {
    raw: &'a [u8],
}

impl<'a> Tlvs<'a> {
    /// No parameters.
    pub const NONE: Tlvs<'static> = Tlvs { raw: &[] };

    /// Wraps encoded parameters.
    #[must_use]
    pub const fn new(raw: &'a [u8]) -> Self {
        Self { raw }
    }

    /// Whether there are no octets.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The first parameter with this tag.
    #[must_use]
    pub fn get(&self, tag: u16) -> Option<Tlv<'a>> {
        self.iter().find(|tlv| tlv.tag == tag)
    }

    /// All whole parameters, in order.
    #[must_use]
    pub const fn iter(&self) -> TlvIter<'a> {
        TlvIter { rest: self.raw }
    }

    /// The octets of the whole parameters, without stray ones at the end.
    #[must_use]
    pub fn whole(&self) -> &'a [u8] {
        let mut walk = self.iter();
        while walk.next().is_some() {}
        let end = self.raw.len() - walk.rest.len();
        self.raw.get(..end).unwrap_or_default()
    }
}

/// Equal if the whole parameters are equal and in the same order.
impl PartialEq for Tlvs<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.whole() == other.whole()
    }
}

impl Eq for Tlvs<'_> {}

impl fmt::Debug for Tlvs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Iterates over [`Tlvs`].
#[derive(Debug, Clone)]
pub struct TlvIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for TlvIter<'a> {
    type Item = Tlv<'a>;

    #[inline]
    fn next(&mut self) -> Option<Tlv<'a>> {
        let (head, tail) = self.rest.split_first_chunk::<4>()?;
        let [t0, t1, l0, l1] = *head;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let (value, rest) = tail.split_at_checked(length)?;
        self.rest = rest;
        Some(Tlv { tag: u16::from_be_bytes([t0, t1]), value })
    }
}

/// A buffer of optional parameters to send; reusable for the next PDU.
#[derive(Clone, Default)]
pub struct TlvBuf {
    raw: BytesMut,
}

impl TlvBuf {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parameter.
    ///
    /// # Errors
    /// [`EncodeError::TooLong`] above 65,535 octets.
    pub fn push(&mut self, tag: u16, value: &[u8]) -> Result<&mut Self, EncodeError> {
        let Ok(length) = u16::try_from(value.len()) else {
            return Err(EncodeError::TooLong {
                field: tag::name(tag).unwrap_or("an optional parameter"),
                octets: value.len(),
                octets_max: 65_535,
            });
        };
        self.head(tag, length).put_slice(value);
        Ok(self)
    }

    /// Adds a parameter of one octet.
    pub fn push_u8(&mut self, tag: u16, value: u8) -> &mut Self {
        self.head(tag, 1).put_u8(value);
        self
    }

    /// Adds a parameter of two octets.
    pub fn push_u16(&mut self, tag: u16, value: u16) -> &mut Self {
        self.head(tag, 2).put_u16(value);
        self
    }

    /// Adds a C-string, with its NUL.
    ///
    /// # Errors
    /// [`EncodeError::ContainsNul`], [`EncodeError::TooLong`].
    pub fn push_c_string(&mut self, tag: u16, text: &[u8]) -> Result<&mut Self, EncodeError> {
        let field = tag::name(tag).unwrap_or("an optional parameter");
        if memchr::memchr(0, text).is_some() {
            return Err(EncodeError::ContainsNul { field });
        }
        let Ok(length) = u16::try_from(text.len() + 1) else {
            return Err(EncodeError::TooLong { field, octets: text.len(), octets_max: 65_534 });
        };
        let raw = self.head(tag, length);
        raw.put_slice(text);
        raw.put_u8(0);
        Ok(self)
    }

    /// Removes the parameters and keeps the memory.
    pub fn clear(&mut self) {
        self.raw.clear();
    }

    /// The parameters, for the `tlvs` field of a PDU.
    #[must_use]
    pub fn tlvs(&self) -> Tlvs<'_> {
        Tlvs { raw: &self.raw }
    }

    fn head(&mut self, tag: u16, length: u16) -> &mut BytesMut {
        self.raw.put_u16(tag);
        self.raw.put_u16(length);
        &mut self.raw
    }
}

impl fmt::Debug for TlvBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tlvs().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{TlvBuf, Tlvs, tag};

    #[test]
    fn an_incomplete_parameter_ends_the_iteration_and_is_not_encoded_again() {
        let mut buf = TlvBuf::new();
        buf.push_u8(tag::MESSAGE_STATE, 2).push_u16(0x1400, 7);
        let mut raw = buf.tlvs().whole().to_vec();
        let whole = raw.len();
        raw.extend([0x04, 0x24, 0x00, 0x09, b'x']);
        let tlvs = Tlvs::new(&raw);
        assert_eq!(tlvs.iter().count(), 2);
        assert_eq!(tlvs.whole().len(), whole);
        assert_eq!(tlvs.get(0x1400).and_then(|tlv| tlv.integer()), Some(7));
    }

    #[test]
    fn a_c_string_reads_with_and_without_its_nul() {
        for raw in [&b"\x00\x1e\x00\x03abc"[..], b"\x00\x1e\x00\x04abc\x00"] {
            let id = Tlvs::new(raw).get(tag::RECEIPTED_MESSAGE_ID).map(|tlv| tlv.c_string());
            assert_eq!(id, Some(&b"abc"[..]));
        }
    }
}
