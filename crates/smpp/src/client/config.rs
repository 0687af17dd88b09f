//! Settings of a client bind. Only the TLS files named in it are read.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::link::InboundRoom;
use crate::pdu::Secret;
use crate::session::{BindKind, BindParameters, SessionConfig};
use crate::tls::ClientTls;

/// A password that `Debug` does not show.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Password(String);

impl Password {
    /// A bind carries at most 8 octets (SMPP 3.4 §5.2.2).
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

/// Settings of one bind.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Host name or address.
    pub host: String,
    /// Usually 2775, or 3550 with TLS.
    pub port: u16,
    /// TLS, or `None` for clear text.
    pub tls: Option<ClientTls>,
    /// Direction of messages: transmitter, receiver or transceiver.
    pub kind: BindKind,
    /// At most 15 octets.
    pub system_id: String,
    /// At most 8 octets.
    pub password: Password,
    /// At most 12 octets; most SMSCs expect it empty.
    pub system_type: String,
    /// 0x34 by default.
    pub interface_version: u8,
    /// Type of number of the served addresses; 0 by default.
    pub addr_ton: u8,
    /// Numbering plan of the served addresses; 0 by default.
    pub addr_npi: u8,
    /// Served addresses (SMPP 3.4 §5.2.7), at most 40 octets; empty by default.
    pub address_range: String,
    /// Limit for name resolution, TCP and TLS together. Default 10 s.
    pub connect_timeout: Duration,
    /// Window and timers.
    pub session: SessionConfig,
    /// Room for the server's requests that are read and not answered, shared by all binds with a clone of it. While it
    /// is full, none of them is read. Default: a room of its own, of 32 MiB.
    pub inbound_room: Arc<InboundRoom>,
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
            inbound_room: InboundRoom::new(InboundRoom::OCTETS_MAX),
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
