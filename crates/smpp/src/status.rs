//! Command statuses (SMPP 3.4 §5.1.3, 5.0 §4.7.6) and their error classes. The classes follow the standard;
//! deviations of a carrier belong in a table of the caller.

use std::fmt;

/// A `command_status`, any value: 0x400–0x4FF are vendor-specific.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandStatus(pub u32);

/// What an error status means for the sender of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The message is at fault: the same request will be refused again.
    Permanent,
    /// The same request may be accepted later: the link should slow down or wait.
    Temporary,
    /// The bind is at fault: this session accepts nothing.
    LinkFatal,
    /// Undefined: a vendor's code, a reserved one, or `ESME_RUNKNOWNERR`.
    Unknown,
}

macro_rules! statuses {
    ($($name:ident = $value:literal $class:ident),* $(,)?) => {
        #[allow(missing_docs)]
        impl CommandStatus {
            /// No error.
            pub const ROK: Self = Self(0);
            $(pub const $name: Self = Self($value);)*

            /// The standard's name (`ESME_RTHROTTLED`); `None` for a code that it does not define.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    Self::ROK => Some("ESME_ROK"),
                    $(Self::$name => Some(concat!("ESME_", stringify!($name))),)*
                    _ => None,
                }
            }

            /// The class of the error; `None` for success.
            #[must_use]
            pub const fn error_class(self) -> Option<ErrorClass> {
                Some(match self {
                    Self::ROK => return None,
                    $(Self::$name => ErrorClass::$class,)*
                    _ => ErrorClass::Unknown,
                })
            }
        }
    };
}

statuses! {
    RINVMSGLEN = 0x01 Permanent, RINVCMDLEN = 0x02 Permanent, RINVCMDID = 0x03 Permanent,
    RINVBNDSTS = 0x04 LinkFatal, RALYBND = 0x05 LinkFatal,
    RINVPRTFLG = 0x06 Permanent, RINVREGDLVFLG = 0x07 Permanent,
    RSYSERR = 0x08 Temporary,
    RINVSRCADR = 0x0A Permanent, RINVDSTADR = 0x0B Permanent, RINVMSGID = 0x0C Permanent,
    RBINDFAIL = 0x0D LinkFatal, RINVPASWD = 0x0E LinkFatal, RINVSYSID = 0x0F LinkFatal,
    RCANCELFAIL = 0x11 Permanent, RREPLACEFAIL = 0x13 Permanent,
    RMSGQFUL = 0x14 Temporary,
    RINVSERTYP = 0x15 Permanent,
    RINVNUMDESTS = 0x33 Permanent, RINVDLNAME = 0x34 Permanent, RINVDESTFLAG = 0x40 Permanent,
    RINVSUBREP = 0x42 Permanent, RINVESMCLASS = 0x43 Permanent, RCNTSUBDL = 0x44 Permanent,
    RSUBMITFAIL = 0x45 Permanent,
    RINVSRCTON = 0x48 Permanent, RINVSRCNPI = 0x49 Permanent,
    RINVDSTTON = 0x50 Permanent, RINVDSTNPI = 0x51 Permanent,
    RINVSYSTYP = 0x53 LinkFatal,
    RINVREPFLAG = 0x54 Permanent, RINVNUMMSGS = 0x55 Permanent,
    RTHROTTLED = 0x58 Temporary,
    RINVSCHED = 0x61 Permanent, RINVEXPIRY = 0x62 Permanent, RINVDFTMSGID = 0x63 Permanent,
    RX_T_APPN = 0x64 Temporary, RX_P_APPN = 0x65 Permanent, RX_R_APPN = 0x66 Permanent,
    RQUERYFAIL = 0x67 Permanent,
    RINVOPTPARSTREAM = 0xC0 Permanent, ROPTPARNOTALLWD = 0xC1 Permanent,
    RINVPARLEN = 0xC2 Permanent, RMISSINGOPTPARAM = 0xC3 Permanent,
    RINVOPTPARAMVAL = 0xC4 Permanent,
    RDELIVERYFAILURE = 0xFE Permanent,
    RUNKNOWNERR = 0xFF Unknown,
    RSERTYPUNAUTH = 0x100 Permanent, RPROHIBITED = 0x101 Permanent,
    RSERTYPUNAVAIL = 0x102 Temporary, RSERTYPDENIED = 0x103 Permanent,
    RINVDCS = 0x104 Permanent,
    RINVSRCADDRSUBUNIT = 0x105 Permanent, RINVDSTADDRSUBUNIT = 0x106 Permanent,
    RINVBCASTFREQINT = 0x107 Permanent, RINVBCASTALIAS_NAME = 0x108 Permanent,
    RINVBCASTAREAFMT = 0x109 Permanent, RINVNUMBCAST_AREAS = 0x10A Permanent,
    RINVBCASTCNTTYPE = 0x10B Permanent, RINVBCASTMSGCLASS = 0x10C Permanent,
    RBCASTFAIL = 0x10D Permanent, RBCASTQUERYFAIL = 0x10E Permanent,
    RBCASTCANCELFAIL = 0x10F Permanent, RINVBCAST_REP = 0x110 Permanent,
    RINVBCASTSRVGRP = 0x111 Permanent, RINVBCASTCHANIND = 0x112 Permanent,
}

impl CommandStatus {
    /// Whether the request succeeded.
    #[must_use]
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// Whether the peer throttles (`ESME_RTHROTTLED`, `ESME_RMSGQFUL`): halve the window and pause the link.
    #[must_use]
    pub const fn is_throttling(self) -> bool {
        matches!(self, Self::RTHROTTLED | Self::RMSGQFUL)
    }
}

impl fmt::Display for CommandStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({:#04x})", self.0),
            None => write!(f, "{:#x}", self.0),
        }
    }
}

impl fmt::Debug for CommandStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{CommandStatus as S, ErrorClass as C};

    #[test]
    fn statuses_are_classed_by_what_a_sender_can_do() {
        for (status, class) in [
            (S::RINVDSTADR, C::Permanent),
            (S::RX_P_APPN, C::Permanent),
            (S::RX_R_APPN, C::Permanent),
            (S::RTHROTTLED, C::Temporary),
            (S::RMSGQFUL, C::Temporary),
            (S::RSYSERR, C::Temporary),
            (S::RX_T_APPN, C::Temporary),
            (S::RINVBNDSTS, C::LinkFatal),
            (S::RALYBND, C::LinkFatal),
            (S(0x410), C::Unknown),
            (S(0x09), C::Unknown),
        ] {
            assert_eq!(status.error_class(), Some(class), "{status}");
        }
        assert_eq!(S::ROK.error_class(), None);
    }

    #[test]
    fn a_vendor_status_shows_its_number() {
        assert_eq!(S(0x410).to_string(), "0x410");
        assert_eq!(S::RTHROTTLED.to_string(), "ESME_RTHROTTLED (0x58)");
    }
}
