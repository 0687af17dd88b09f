//! Command ids: which operation a PDU carries (SMPP 3.4 §5.1.2.1, 5.0 §4.7.5).
//! Which side may send which operation in which state is decided by `session`.

use std::fmt;

/// The bit that marks a response.
const RESPONSE: u32 = 0x8000_0000;

/// A `command_id`. Any value is allowed: vendors define their own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub u32);

macro_rules! commands {
    ($($name:ident = $value:literal),* $(,)?) => {
        #[allow(missing_docs)]
        impl CommandId {
            $(pub const $name: Self = Self($value);)*

            /// The standard's name in upper case; `None` for an id that the standard does not define.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self { $(Self::$name => Some(stringify!($name)),)* _ => None }
            }
        }
    };
}

commands! {
    GENERIC_NACK = 0x8000_0000,
    BIND_RECEIVER = 0x0000_0001, BIND_RECEIVER_RESP = 0x8000_0001,
    BIND_TRANSMITTER = 0x0000_0002, BIND_TRANSMITTER_RESP = 0x8000_0002,
    QUERY_SM = 0x0000_0003, QUERY_SM_RESP = 0x8000_0003,
    SUBMIT_SM = 0x0000_0004, SUBMIT_SM_RESP = 0x8000_0004,
    DELIVER_SM = 0x0000_0005, DELIVER_SM_RESP = 0x8000_0005,
    UNBIND = 0x0000_0006, UNBIND_RESP = 0x8000_0006,
    REPLACE_SM = 0x0000_0007, REPLACE_SM_RESP = 0x8000_0007,
    CANCEL_SM = 0x0000_0008, CANCEL_SM_RESP = 0x8000_0008,
    BIND_TRANSCEIVER = 0x0000_0009, BIND_TRANSCEIVER_RESP = 0x8000_0009,
    OUTBIND = 0x0000_000B,
    ENQUIRE_LINK = 0x0000_0015, ENQUIRE_LINK_RESP = 0x8000_0015,
    SUBMIT_MULTI = 0x0000_0021, SUBMIT_MULTI_RESP = 0x8000_0021,
    ALERT_NOTIFICATION = 0x0000_0102,
    DATA_SM = 0x0000_0103, DATA_SM_RESP = 0x8000_0103,
    BROADCAST_SM = 0x0000_0111, BROADCAST_SM_RESP = 0x8000_0111,
    QUERY_BROADCAST_SM = 0x0000_0112, QUERY_BROADCAST_SM_RESP = 0x8000_0112,
    CANCEL_BROADCAST_SM = 0x0000_0113, CANCEL_BROADCAST_SM_RESP = 0x8000_0113,
}

impl CommandId {
    /// Whether the id is a response (`generic_nack` is).
    #[must_use]
    pub const fn is_response(self) -> bool {
        self.0 & RESPONSE != 0
    }

    /// The id of the response to this request.
    #[must_use]
    pub const fn response(self) -> Self {
        Self(self.0 | RESPONSE)
    }

    /// Whether the id is one of the three binds.
    #[must_use]
    pub const fn is_bind(self) -> bool {
        matches!(self, Self::BIND_RECEIVER | Self::BIND_TRANSMITTER | Self::BIND_TRANSCEIVER)
    }
}

impl fmt::Debug for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#010x}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CommandId;

    #[test]
    fn a_request_and_its_response_differ_in_one_bit() {
        assert_eq!(CommandId::SUBMIT_SM.response(), CommandId::SUBMIT_SM_RESP);
        assert!(CommandId::GENERIC_NACK.is_response());
        assert!(!CommandId::OUTBIND.is_response());
    }

    #[test]
    fn an_unknown_id_shows_its_number() {
        assert_eq!(format!("{:?}", CommandId(0x0001_0200)), "0x00010200");
        assert_eq!(format!("{:?}", CommandId::DATA_SM), "DATA_SM");
    }
}
