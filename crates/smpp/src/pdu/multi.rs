//! The lists of submit_multi: its destinations, and the refused ones in the response (SMPP 3.4 §4.5).
//! The lists stay encoded and are decoded during iteration.

use std::fmt;

use bytes::{BufMut, BytesMut};

use super::field::{self, DecodeError, EncodeError, Reader};
use super::{Address, Npi, Ton};
use crate::CommandStatus;

pdu! {
    /// `submit_multi_resp` (SMPP 3.4 §4.5.2).
    SubmitMultiResp = SUBMIT_MULTI_RESP {
        /// The SMSC's id, one for all recipients.
        message_id: c_string 65,
        /// Recipients that were refused.
        unsuccessful: unsuccessful,
        /// Optional parameters (5.0).
        tlvs: tlvs,
    }
}

/// One `dest_address` of `submit_multi`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination<'a> {
    /// A recipient (`dest_flag` 1).
    Address(Address<'a>),
    /// A distribution list's name (`dest_flag` 2).
    List(&'a [u8]),
}

/// The recipients of a `submit_multi`, encoded.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Destinations<'a> {
    count: u8,
    raw: &'a [u8],
}

/// One recipient that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsuccessful<'a> {
    /// The recipient.
    pub address: Address<'a>,
    /// Why it was refused.
    pub status: CommandStatus,
}

/// The refused recipients of a `submit_multi_resp`, encoded.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct UnsuccessfulList<'a> {
    count: u8,
    raw: &'a [u8],
}

fn address<'a>(reader: &mut Reader<'a>) -> Result<Address<'a>, DecodeError> {
    let field = "an address";
    let (ton, npi) = (Ton(reader.byte(field)?), Npi(reader.byte(field)?));
    Ok(Address { ton, npi, addr: reader.c_string(field)? })
}

fn destination<'a>(reader: &mut Reader<'a>) -> Result<Destination<'a>, DecodeError> {
    match reader.byte("dest_flag")? {
        1 => Ok(Destination::Address(address(reader)?)),
        2 => Ok(Destination::List(reader.c_string("dl_name")?)),
        flag => Err(DecodeError::DestinationFlag { flag }),
    }
}

fn unsuccessful<'a>(reader: &mut Reader<'a>) -> Result<Unsuccessful<'a>, DecodeError> {
    let address = address(reader)?;
    let status = match *reader.take(4, "error_status_code")? {
        [a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
        _ => 0,
    };
    Ok(Unsuccessful { address, status: CommandStatus(status) })
}

macro_rules! counted_list {
    ($list:ident, $item:ident, $read:ident, $count:literal) => {
        impl<'a> $list<'a> {
            /// Number of entries.
            #[must_use]
            pub const fn len(&self) -> usize {
                self.count as usize
            }

            /// Whether the list is empty.
            #[must_use]
            pub const fn is_empty(&self) -> bool {
                self.count == 0
            }

            /// Iterates in order.
            pub fn iter(&self) -> impl Iterator<Item = $item<'a>> + use<'a> {
                let mut reader = Reader::new(self.raw, false);
                std::iter::from_fn(move || $read(&mut reader).ok())
            }

            pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
                let count = reader.byte($count)?;
                let start = reader.rest();
                // Entries must be complete even in a response, whose tail may be missing.
                let mut walk = Reader::new(start, false);
                for _ in 0..count {
                    $read(&mut walk)?;
                }
                let raw = reader.take(start.len() - walk.rest().len(), $count)?;
                Ok(Self { count, raw })
            }

            pub(crate) fn write(&self, out: &mut BytesMut) {
                out.put_u8(self.count);
                out.put_slice(self.raw);
            }
        }

        impl fmt::Debug for $list<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("<{} ", stringify!($item), ">"), self.count)
            }
        }
    };
}

counted_list!(Destinations, Destination, destination, "number_of_dests");
counted_list!(UnsuccessfulList, Unsuccessful, unsuccessful, "no_unsuccess");

/// A list of recipients or refusals under construction; at most 255 entries.
#[derive(Debug, Clone, Default)]
pub struct ListBuf {
    count: u8,
    raw: BytesMut,
}

impl ListBuf {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a recipient or a distribution list for `submit_multi`.
    ///
    /// # Errors
    /// [`EncodeError`] for an address that is too long or contains a NUL, or for the 256th entry. The list must not be
    /// used after an error.
    pub fn push_destination(&mut self, to: Destination<'_>) -> Result<&mut Self, EncodeError> {
        self.count("number_of_dests")?;
        match to {
            Destination::Address(address) => {
                self.raw.put_u8(1);
                self.put_address(address, "destination_addr")?;
            }
            Destination::List(name) => {
                self.raw.put_u8(2);
                field::put_c_string(&mut self.raw, name, 21, "dl_name")?;
            }
        }
        Ok(self)
    }

    /// Adds a refused recipient for `submit_multi_resp`.
    ///
    /// # Errors
    /// As [`Self::push_destination`].
    pub fn push_unsuccessful(&mut self, one: Unsuccessful<'_>) -> Result<&mut Self, EncodeError> {
        self.count("no_unsuccess")?;
        self.put_address(one.address, "destination_addr")?;
        self.raw.put_u32(one.status.0);
        Ok(self)
    }

    /// The list as the field of a `submit_multi`.
    #[must_use]
    pub fn destinations(&self) -> Destinations<'_> {
        Destinations { count: self.count, raw: &self.raw }
    }

    /// The list as the field of a `submit_multi_resp`.
    #[must_use]
    pub fn unsuccessful(&self) -> UnsuccessfulList<'_> {
        UnsuccessfulList { count: self.count, raw: &self.raw }
    }

    fn count(&mut self, field: &'static str) -> Result<(), EncodeError> {
        let full = EncodeError::TooLong { field, octets: 256, octets_max: 255 };
        self.count = self.count.checked_add(1).ok_or(full)?;
        Ok(())
    }

    fn put_address(&mut self, to: Address<'_>, field: &'static str) -> Result<(), EncodeError> {
        self.raw.put_slice(&[to.ton.0, to.npi.0]);
        field::put_c_string(&mut self.raw, to.addr, 21, field)
    }
}
