//! Turns the section into settings, once at start; settings that can never work are refused.

mod profile;

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use domain::number::Home;
use domain::ports::{ReceiptScope, ReceiptState};
use domain::secret::Secret;
use smpp::CommandStatus;
use smpp::backoff::Backoff;
use smpp::client::ClientConfig;
use smpp::session::{BindKind, SessionConfig, WINDOW_MAX};
use smpp::tls::{ClientTls, Identity};

use super::config::{BindMode, InterfaceVersion, ReceiptFor, ReceiptWord, ReceiptsPer, SmppConfig};
use super::ids::ReceiptIds;
use super::profile::Profile;
use super::verdict::Meaning;
use crate::ConfigError;

/// Limit of sessions per carrier.
const BINDS_MAX: u16 = 64;

/// Attempts after at most `reconnect_ms`, before the delays double: a carrier that restarts is back within seconds.
const RECONNECT_SOON: u32 = 15;

/// Longest delay before reconnecting.
const RECONNECT_MAX: Duration = Duration::from_secs(60);

/// How long an unbind waits for open parts: slightly less than the process's stop timeout.
const DRAIN: Duration = Duration::from_secs(8);

/// Settings of sessions and parts.
pub(super) struct Settings {
    pub(super) client: ClientConfig,
    /// One for each session.
    pub(super) kinds: Vec<BindKind>,
    pub(super) rate: u32,
    pub(super) profile: Profile,
    pub(super) receipt_ids: ReceiptIds,
    pub(super) receipts_by_text: bool,
    /// In capitals.
    pub(super) receipt_words: HashMap<String, ReceiptState>,
    pub(super) receipt_scope: ReceiptScope,
    /// The country of the carrier.
    pub(super) home: Option<Home>,
    pub(super) errors: HashMap<CommandStatus, Meaning>,
    pub(super) lost: Backoff,
    pub(super) refused: Backoff,
}

impl SmppConfig {
    pub(super) fn settings(self) -> Result<Settings, ConfigError> {
        self.check()?;
        let kinds: &[BindKind] = match self.bind {
            BindMode::Transceiver => &[BindKind::Transceiver],
            BindMode::TransmitterReceiver => &[BindKind::Transmitter, BindKind::Receiver],
        };
        let refused = Duration::from_secs(self.refused_s.into());
        Ok(Settings {
            client: self.client()?,
            kinds: kinds.repeat(self.binds.into()),
            rate: self.rate,
            profile: self.profile()?,
            receipt_ids: self.receipt_ids,
            receipts_by_text: self.receipts_by_text,
            receipt_words: self.receipt_words()?,
            receipt_scope: self.receipt_scope(),
            home: self.home()?,
            errors: self.errors()?,
            lost: Backoff::new(Duration::from_millis(self.reconnect_ms.into()), RECONNECT_MAX)
                .steady(RECONNECT_SOON),
            refused: Backoff::new(refused, refused * 15),
        })
    }

    /// Refuses values that no bind would accept or that make no sense.
    fn check(&self) -> Result<(), ConfigError> {
        let password = self.password.as_ref().map_or("", Secret::expose);
        for (key, value, octets_max) in [
            ("system_id", self.system_id.as_str(), 15),
            ("password", password, 8),
            ("system_type", self.system_type.as_str(), 12),
            ("address_range", self.address_range.as_str(), 40),
            ("service_type", self.service_type.as_str(), 5),
        ] {
            if value.len() > octets_max || value.contains('\0') {
                let why = format!("may have at most {octets_max} octets and no NUL");
                return Err(ConfigError::key(key, why));
            }
        }
        if self.host.is_empty() {
            return Err(ConfigError::key("host", "is empty"));
        }
        if !(1..=BINDS_MAX).contains(&self.binds) {
            return Err(ConfigError::key("binds", format!("must be between 1 and {BINDS_MAX}")));
        }
        if !(1..=WINDOW_MAX).contains(&self.window) {
            return Err(ConfigError::key("window", format!("must be between 1 and {WINDOW_MAX}")));
        }
        Ok(())
    }

    fn client(&self) -> Result<ClientConfig, ConfigError> {
        let seconds = |count: u32| Duration::from_secs(count.into());
        let port = self.port.unwrap_or(if self.tls { 3550 } else { 2775 });
        let password = self.password.as_ref().map_or("", Secret::expose);
        let mut client = ClientConfig::new(&self.host, port, &self.system_id, password);
        client.tls = self.tls()?;
        client.system_type.clone_from(&self.system_type);
        client.address_range.clone_from(&self.address_range);
        (client.addr_ton, client.addr_npi) = (self.address_ton, self.address_npi);
        client.interface_version = match self.interface_version {
            InterfaceVersion::V33 => 0x33,
            InterfaceVersion::V34 => 0x34,
            InterfaceVersion::V50 => 0x50,
        };
        client.connect_timeout = seconds(self.connect_timeout_s.max(1));
        client.session = SessionConfig {
            window: self.window,
            enquire_link: Some(seconds(self.enquire_link_s)),
            response: seconds(self.response_timeout_s.max(1)),
            session_init: client.connect_timeout,
            drain: DRAIN,
            ..SessionConfig::default()
        };
        Ok(client)
    }

    /// Reads the files once, so that errors are reported at start.
    fn tls(&self) -> Result<Option<ClientTls>, ConfigError> {
        let given = [
            ("ca_file", self.ca_file.is_some()),
            ("server_name", self.server_name.is_some()),
            ("cert_file", self.cert_file.is_some()),
            ("key_file", self.key_file.is_some()),
        ];
        if !self.tls {
            return match given.into_iter().find(|(_, given)| *given) {
                Some((key, _)) => Err(ConfigError::key(key, "has no effect without tls = true")),
                None => Ok(None),
            };
        }
        let identity = match (&self.cert_file, &self.key_file) {
            (Some(certificates), Some(key)) => {
                check_private(key)?;
                Some(Identity { certificates: certificates.clone(), key: key.clone() })
            }
            (None, None) => None,
            (Some(_), None) => return Err(ConfigError::key("key_file", "is missing")),
            (None, Some(_)) => return Err(ConfigError::key("cert_file", "is missing")),
        };
        let tls =
            ClientTls { server_name: self.server_name.clone(), ca: self.ca_file.clone(), identity };
        match tls.connector(&self.host) {
            Ok(_) => Ok(Some(tls)),
            Err(error) => Err(ConfigError::File { key: "tls", source: error.into() }),
        }
    }

    fn receipt_words(&self) -> Result<HashMap<String, ReceiptState>, ConfigError> {
        let read = |(word, meaning): (&String, &ReceiptWord)| {
            let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
            let why = || format!("{word:?} is no word of a receipt");
            let word = is_word.then(|| word.to_ascii_uppercase());
            Ok((word.ok_or_else(|| ConfigError::key("receipt_words", why()))?, meaning.state()))
        };
        self.receipt_words.iter().map(read).collect()
    }

    const fn receipt_scope(&self) -> ReceiptScope {
        match (self.receipts_per, self.receipt_for) {
            (ReceiptsPer::Message, _) => ReceiptScope::Message,
            (ReceiptsPer::Part, ReceiptFor::All) => ReceiptScope::Part,
            (ReceiptsPer::Part, ReceiptFor::First) => ReceiptScope::First,
            (ReceiptsPer::Part, ReceiptFor::Last) => ReceiptScope::Last,
        }
    }

    fn home(&self) -> Result<Option<Home>, ConfigError> {
        let Some(country) = self.country.as_deref() else { return Ok(None) };
        let unknown = || ConfigError::key("country", "expected an ISO 3166-1 code such as \"TH\"");
        Home::from_iso(country).map(Some).ok_or_else(unknown)
    }

    fn errors(&self) -> Result<HashMap<CommandStatus, Meaning>, ConfigError> {
        let read = |(status, meaning): (&String, &Meaning)| {
            let number = match status.strip_prefix("0x") {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => status.parse(),
            };
            match number {
                Ok(0) | Err(_) => {
                    Err(ConfigError::key("errors", format!("{status:?} is not a status")))
                }
                Ok(number) => Ok((CommandStatus(number), *meaning)),
            }
        };
        self.errors.iter().map(read).collect()
    }
}

/// Refuses a key file that other users can read.
fn check_private(key: &Path) -> Result<(), ConfigError> {
    let unusable = |source: io::Error| ConfigError::File { key: "key_file", source: source.into() };
    let mode = fs::metadata(key).map_err(unusable)?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let why = format!("has mode {mode:03o}, so that other users can read it: chmod 600 it");
    Err(ConfigError::key("key_file", why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Result<Settings, ConfigError> {
        let json = format!(r#"{{"host": "localhost", "system_id": "u"{more}}}"#);
        serde_json::from_str::<SmppConfig>(&json).unwrap().settings()
    }

    #[test]
    fn a_host_and_a_name_are_enough() {
        let settings = read("").unwrap();
        assert_eq!((settings.client.port, settings.client.session.window), (2775, 100));
        assert_eq!(settings.kinds, [BindKind::Transceiver]);
        let served =
            read(r#", "address_range": "^45", "address_ton": 1, "address_npi": 8"#).unwrap();
        let client = served.client;
        assert_eq!((&*client.address_range, client.addr_ton, client.addr_npi), ("^45", 1, 8));
        let pairs = read(r#", "bind": "transmitter_receiver", "binds": 2"#).unwrap();
        assert_eq!(pairs.kinds.len(), 4);
    }

    #[test]
    fn settings_that_cannot_work_are_refused_at_start() {
        for (more, key) in [
            (r#", "password": "more than eight""#, "password"),
            (r#", "binds": 0"#, "binds"),
            (r#", "window": 0"#, "window"),
            (r#", "window": 100000"#, "window"),
            (r#", "system_type": "more than twelve""#, "system_type"),
            (r#", "service_type": "longer""#, "service_type"),
            (
                r#", "address_range": "^45[0-9]{8}$|^46[0-9]{9}$|^47[0-9]{8}$|^49.*$""#,
                "address_range",
            ),
            (r#", "errors": {"busy": "permanent"}"#, "errors"),
            (r#", "errors": {"0": "permanent"}"#, "errors"),
            (r#", "priority": 9"#, "priority"),
            (r#", "country": "Siam""#, "country"),
            (r#", "receipt_words": {"": "failed"}"#, "receipt_words"),
            (r#", "ca_file": "/nowhere""#, "ca_file"),
            (r#", "tls": true, "ca_file": "/nowhere""#, "tls"),
            (r#", "tls": true, "cert_file": "/nowhere""#, "key_file"),
        ] {
            let error = read(more).err().unwrap().to_string();
            assert!(error.starts_with(key), "{more}: {error}");
            assert!(!error.contains("more than eight"), "{error}");
        }
    }

    #[test]
    fn statuses_are_read_in_either_notation() {
        let settings = read(r#", "errors": {"0x410": "throttled", "1041": "bad_destination"}"#);
        let errors = settings.unwrap().errors;
        assert_eq!(errors[&CommandStatus(0x410)], Meaning::Throttled);
        assert_eq!(errors[&CommandStatus(0x411)], Meaning::BadDestination);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().display();
        let more = format!(r#", "tls": true, "cert_file": "{path}", "key_file": "{path}""#);
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
            let error = read(&more).err().unwrap();
            assert!(matches!(error, ConfigError::Key { key: "key_file", .. }), "{mode:o}");
            assert!(error.to_string().contains(&format!("mode {mode:o}")), "{error}");
        }
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(read(&more), Err(ConfigError::File { key: "tls", .. })), "an empty file");
    }
}
