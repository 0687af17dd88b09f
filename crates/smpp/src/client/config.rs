//! What a client needs to know of the server it binds to. It reads no files but those TLS names.

use std::fmt;
use std::time::Duration;

use crate::pdu::Secret;
use crate::session::{BindKind, BindParameters, SessionConfig};
use crate::tls::ClientTls;

/// A password that `Debug` does not show.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Password(String);

impl Password {
    /// At most 8 octets fit a bind (SMPP 3.4 §5.2.2).
    #[must_use]
    pub const fn new(password: String) -> Self {
        Self(password)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl From<&str> for Password {
    fn from(password: &str) -> Self {
        Self(password.to_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// A bind to be made.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Host name or address.
    pub host: String,
    /// 2775 by custom, 3550 with TLS.
    pub port: u16,
    /// TLS, or `None` for clear text.
    pub tls: Option<ClientTls>,
    /// Which way messages go.
    pub kind: BindKind,
    /// At most 15 octets.
    pub system_id: String,
    /// At most 8 octets.
    pub password: Password,
    /// At most 12 octets; most SMSCs want it empty.
    pub system_type: String,
    /// 0x34 by default.
    pub interface_version: u8,
    /// Kind of the addresses served; 0 by default.
    pub addr_ton: u8,
    /// Numbering plan of the addresses served; 0 by default.
    pub addr_npi: u8,
    /// Addresses served, at most 40 octets; empty by default.
    pub address_range: String,
    /// For name resolution, TCP and TLS together. Default 10 s.
    pub connect_timeout: Duration,
    /// Window and timers.
    pub session: SessionConfig,
}

impl ClientConfig {
    /// A transceiver of version 3.4 with default window and timers.
    #[must_use]
    pub fn new(host: &str, port: u16, system_id: &str, password: impl Into<Password>) -> Self {
        Self {
            host: host.to_owned(),
            port,
            tls: None,
            kind: BindKind::Transceiver,
            system_id: system_id.to_owned(),
            password: password.into(),
            system_type: String::new(),
            interface_version: 0x34,
            addr_ton: 0,
            addr_npi: 0,
            address_range: String::new(),
            connect_timeout: Duration::from_secs(10),
            session: SessionConfig::default(),
        }
    }

    pub(super) fn bind(&self) -> BindParameters<'_> {
        BindParameters {
            system_id: self.system_id.as_bytes(),
            password: Secret(self.password.as_bytes()),
            system_type: self.system_type.as_bytes(),
            interface_version: self.interface_version,
            addr_ton: self.addr_ton,
            addr_npi: self.addr_npi,
            address_range: self.address_range.as_bytes(),
        }
    }
}
