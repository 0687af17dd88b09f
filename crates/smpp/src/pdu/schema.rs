//! The macro that turns a field list, written like the standard's tables, into a struct with decoder and encoder.
//! Kinds: `c_string N` (field of N octets, NUL included), `secret N`, `address N`, `byte`, `counted`, the flag octets,
//! `tlvs`, `destinations`, `unsuccessful`.

macro_rules! field_type {
    (c_string $l:lifetime) => { &$l [u8] };
    (counted $l:lifetime) => { &$l [u8] };
    (secret $l:lifetime) => { $crate::pdu::Secret<$l> };
    (address $l:lifetime) => { $crate::pdu::Address<$l> };
    (byte $l:lifetime) => { u8 };
    (esm_class $l:lifetime) => { $crate::pdu::EsmClass };
    (registered_delivery $l:lifetime) => { $crate::pdu::RegisteredDelivery };
    (data_coding $l:lifetime) => { $crate::pdu::DataCoding };
    (tlvs $l:lifetime) => { $crate::pdu::Tlvs<$l> };
    (destinations $l:lifetime) => { $crate::pdu::Destinations<$l> };
    (unsuccessful $l:lifetime) => { $crate::pdu::UnsuccessfulList<$l> };
}

macro_rules! field_read {
    ($r:ident, $f:expr, c_string) => {
        $r.c_string($f)?
    };
    ($r:ident, $f:expr, counted) => {
        $r.counted($f)?
    };
    ($r:ident, $f:expr, secret) => {
        $crate::pdu::Secret($r.c_string($f)?)
    };
    ($r:ident, $f:expr, address) => {
        $crate::pdu::Address {
            ton: $crate::pdu::Ton($r.byte($f)?),
            npi: $crate::pdu::Npi($r.byte($f)?),
            addr: $r.c_string($f)?,
        }
    };
    ($r:ident, $f:expr, byte) => {
        $r.byte($f)?
    };
    ($r:ident, $f:expr, esm_class) => {
        $crate::pdu::EsmClass($r.byte($f)?)
    };
    ($r:ident, $f:expr, registered_delivery) => {
        $crate::pdu::RegisteredDelivery($r.byte($f)?)
    };
    ($r:ident, $f:expr, data_coding) => {
        $crate::pdu::DataCoding($r.byte($f)?)
    };
    ($r:ident, $f:expr, tlvs) => {
        $crate::pdu::Tlvs::new($r.rest())
    };
    ($r:ident, $f:expr, destinations) => {
        $crate::pdu::Destinations::read(&mut $r)?
    };
    ($r:ident, $f:expr, unsuccessful) => {
        $crate::pdu::UnsuccessfulList::read(&mut $r)?
    };
}

macro_rules! field_write {
    ($out:ident, $f:expr, $v:expr, c_string $n:literal) => {
        $crate::pdu::field::put_c_string($out, $v, $n, $f)?
    };
    ($out:ident, $f:expr, $v:expr, counted) => {
        $crate::pdu::field::put_counted($out, $v, $f)?
    };
    ($out:ident, $f:expr, $v:expr, secret $n:literal) => {
        $crate::pdu::field::put_c_string($out, $v.0, $n, $f)?
    };
    ($out:ident, $f:expr, $v:expr, address $n:literal) => {{
        bytes::BufMut::put_slice($out, &[$v.ton.0, $v.npi.0]);
        $crate::pdu::field::put_c_string($out, $v.addr, $n, $f)?;
    }};
    ($out:ident, $f:expr, $v:expr, byte) => {
        bytes::BufMut::put_u8($out, $v)
    };
    ($out:ident, $f:expr, $v:expr, tlvs) => {
        bytes::BufMut::put_slice($out, $v.whole())
    };
    ($out:ident, $f:expr, $v:expr, destinations) => {
        $v.write($out)
    };
    ($out:ident, $f:expr, $v:expr, unsuccessful) => {
        $v.write($out)
    };
    ($out:ident, $f:expr, $v:expr, $flags:ident) => {
        bytes::BufMut::put_u8($out, $v.0)
    };
}

macro_rules! field_show {
    ($d:ident, $f:expr, $v:expr, c_string) => {
        $d.field($f, &format_args!("<{} octets>", $v.len()))
    };
    ($d:ident, $f:expr, $v:expr, counted) => {
        $d.field($f, &format_args!("<{} octets>", $v.len()))
    };
    ($d:ident, $f:expr, $v:expr, $kind:ident) => {
        $d.field($f, &$v)
    };
}

macro_rules! pdu {
    (
        $(#[$doc:meta])*
        $name:ident = $id:ident {
            $($(#[$field_doc:meta])* $field:ident: $kind:ident $($size:literal)?,)*
        }
    ) => {
        $(#[$doc])*
        ///
        /// `Debug` shows lengths instead of addresses and texts.
        #[derive(Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name<'a> {
            $($(#[$field_doc])* pub $field: field_type!($kind 'a),)*
        }

        impl<'a> $crate::pdu::Body<'a> for $name<'a> {
            const ID: $crate::CommandId = $crate::CommandId::$id;

            #[inline]
            fn decode_body(body: &'a [u8]) -> Result<Self, $crate::pdu::DecodeError> {
                #[allow(unused_mut)]
                let mut reader = $crate::pdu::field::Reader::new(body, Self::ID.is_response());
                Ok(Self { $($field: field_read!(reader, stringify!($field), $kind),)* })
            }

            #[inline]
            fn encode_body(
                &self,
                out: &mut bytes::BytesMut,
            ) -> Result<(), $crate::pdu::EncodeError> {
                $(field_write!(out, stringify!($field), self.$field, $kind $($size)?);)*
                Ok(())
            }
        }

        impl std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut shown = f.debug_struct(stringify!($name));
                $(field_show!(shown, stringify!($field), self.$field, $kind);)*
                shown.finish()
            }
        }
    };
}

/// A PDU without a body.
macro_rules! bare {
    ($($(#[$doc:meta])* $name:ident = $id:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
            pub struct $name;

            impl<'a> $crate::pdu::Body<'a> for $name {
                const ID: $crate::CommandId = $crate::CommandId::$id;

                fn decode_body(_: &'a [u8]) -> Result<Self, $crate::pdu::DecodeError> {
                    Ok(Self)
                }

                fn encode_body(
                    &self,
                    _: &mut bytes::BytesMut,
                ) -> Result<(), $crate::pdu::EncodeError> {
                    Ok(())
                }
            }
        )*
    };
}
