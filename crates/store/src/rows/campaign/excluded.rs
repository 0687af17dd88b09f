//! Excluded recipients of a request, packed permanently: they never change.

use std::str;

use domain::message::campaign::{Excluded, Exclusion};
use domain::ports::PortError;

use crate::tx::Result;

/// Per recipient: a byte for the reason, the length of the address in bytes, and the address.
pub(crate) fn pack(excluded: &[Excluded]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(excluded.len() * 16);
    for Excluded { address, why } in excluded {
        let end = address.char_indices().nth(Excluded::ADDRESS_CHARS_MAX);
        let address = end.map_or(address.as_str(), |(end, _)| address.get(..end).unwrap_or(""));
        packed.push(match why {
            Exclusion::Invalid => b'i',
            Exclusion::Blocked => b'b',
        });
        packed.push(u8::try_from(address.len()).unwrap_or(0));
        packed.extend_from_slice(address.as_bytes());
    }
    packed
}

pub(crate) fn unpack(mut packed: &[u8]) -> Result<Vec<Excluded>> {
    let unreadable = || PortError::Refused("unreadable excluded recipients".to_owned());
    let mut excluded = Vec::new();
    while let [why, length, rest @ ..] = packed {
        let why = match why {
            b'i' => Exclusion::Invalid,
            b'b' => Exclusion::Blocked,
            _ => return Err(unreadable()),
        };
        let (address, rest) = rest.split_at_checked((*length).into()).ok_or_else(unreadable)?;
        let address = str::from_utf8(address).map_err(|_| unreadable())?.to_owned();
        excluded.push(Excluded { address, why });
        packed = rest;
    }
    if packed.is_empty() { Ok(excluded) } else { Err(unreadable()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_addresses_as_they_were_written() {
        let excluded = |address: &str, why| Excluded { address: address.to_owned(), why };
        let all = [
            excluded("12\n34\0", Exclusion::Invalid),
            excluded("", Exclusion::Blocked),
            excluded(&"\u{1f4f1}".repeat(32), Exclusion::Blocked),
        ];
        assert_eq!(unpack(&pack(&all)).unwrap(), all);
        assert_eq!(unpack(&[]).unwrap(), []);
    }

    #[test]
    fn cuts_what_is_too_long() {
        let long = Excluded { address: "ø".repeat(40), why: Exclusion::Invalid };
        assert_eq!(unpack(&pack(&[long])).unwrap()[0].address, "ø".repeat(32));
    }

    #[test]
    fn refuses_what_no_version_of_ours_wrote() {
        for packed in [&b"x\0"[..], b"i", b"i\x02a", b"b\x01\xff"] {
            assert!(unpack(packed).is_err(), "{packed:?}");
        }
    }
}
