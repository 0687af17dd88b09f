//! The configuration section of an SMTP carrier, and the settings built from it at start.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use domain::secret::Secret;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::extension::ClientId;
use serde::Deserialize;

use crate::ConfigError;

/// How the connection is protected. There is no fallback.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Clear text, for a relay on this machine or in a private network.
    None,
    /// Starts in clear text and must switch to TLS before any mail command.
    #[default]
    Starttls,
    /// TLS from the first octet.
    Implicit,
}

/// `[[carriers]]` with `kind = "smtp"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    pub host: String,
    /// Default 587; 465 with `tls = "implicit"`, 25 with `tls = "none"`.
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default)]
    pub tls: Tls,
    /// Roots (PEM) to trust instead of the platform's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default, deserialize_with = "crate::deserialize_secret::secret")]
    pub password: Option<Secret>,
    /// `no-reply@example.com` or `Example <no-reply@example.com>`.
    pub from: String,
    #[serde(default = "subject")]
    pub subject: String,
    /// Limit of concurrent connections.
    #[serde(default = "pool")]
    pub pool: u16,
    /// Timeout for connecting and for each response but the last, in seconds.
    #[serde(default = "timeout_s")]
    pub timeout_s: u32,
    /// Timeout of a mail's text and the response to it, in seconds. A mail that was accepted after it arrives again.
    #[serde(default = "text_timeout_s")]
    pub text_timeout_s: u32,
    /// Our name in EHLO; by default the host name.
    #[serde(default)]
    pub hello: Option<String>,
}

fn subject() -> String {
    "Message".to_owned()
}

const fn pool() -> u16 {
    8
}

const fn timeout_s() -> u32 {
    60
}

/// RFC 5321 §4.5.3.2.6: relays may deliver a mail, or scan it, before they respond to its final dot.
const fn text_timeout_s() -> u32 {
    600
}

/// Upper limit of `pool`.
const POOL_MAX: u16 = 256;

/// Settings of connections and mails.
pub(super) struct Settings {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) parameters: Option<TlsParameters>,
    pub(super) credentials: Option<Credentials>,
    pub(super) hello: ClientId,
    pub(super) from: Mailbox,
    pub(super) subject: String,
    pub(super) pool: usize,
    pub(super) timeout: Duration,
    pub(super) text_timeout: Duration,
}

impl SmtpConfig {
    pub(super) fn settings(self) -> Result<Settings, ConfigError> {
        let port = self.port.unwrap_or(match self.tls {
            Tls::None => 25,
            Tls::Starttls => 587,
            Tls::Implicit => 465,
        });
        let from = self.from.parse::<Mailbox>();
        let from = from.map_err(|error| ConfigError::key("from", error.to_string()))?;
        for (key, value) in [("from", &self.from), ("subject", &self.subject)] {
            if value.chars().any(char::is_control) {
                return Err(ConfigError::key(key, "contains a control character"));
            }
        }
        if self.host.is_empty() {
            return Err(ConfigError::key("host", "is empty"));
        }
        if !(1..=POOL_MAX).contains(&self.pool) {
            return Err(ConfigError::key("pool", format!("must be between 1 and {POOL_MAX}")));
        }
        let hello = match &self.hello {
            Some(name) if name.is_empty() || name.contains(|c: char| !c.is_ascii_graphic()) => {
                return Err(ConfigError::key("hello", "is not a host name"));
            }
            Some(name) => ClientId::Domain(name.clone()),
            None => ClientId::default(),
        };
        Ok(Settings {
            parameters: self.parameters()?,
            credentials: self.credentials()?,
            hello,
            host: self.host,
            port,
            tls: self.tls,
            from,
            subject: self.subject,
            pool: self.pool.into(),
            timeout: Duration::from_secs(self.timeout_s.max(1).into()),
            text_timeout: Duration::from_secs(self.text_timeout_s.max(1).into()),
        })
    }

    fn parameters(&self) -> Result<Option<TlsParameters>, ConfigError> {
        if self.tls == Tls::None {
            return match self.ca_file {
                Some(_) => Err(ConfigError::key("ca_file", "has no effect with tls = \"none\"")),
                None => Ok(None),
            };
        }
        let mut builder = TlsParametersBuilder::new(self.host.clone());
        if let Some(path) = &self.ca_file {
            let unusable = |source| ConfigError::File { key: "ca_file", source };
            let pem = std::fs::read(path).map_err(|error| unusable(error.into()))?;
            let roots = Certificate::from_pem(&pem).map_err(|error| unusable(error.into()))?;
            builder = builder.certificate_store(CertificateStore::None).add_root_certificate(roots);
        }
        let built = builder.build_rustls();
        built.map(Some).map_err(|error| ConfigError::key("tls", error.to_string()))
    }

    fn credentials(&self) -> Result<Option<Credentials>, ConfigError> {
        match (&self.username, &self.password) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) if self.tls == Tls::None && !is_loopback(&self.host) => {
                Err(ConfigError::key("tls", "is required to send a password to another machine"))
            }
            (Some(username), Some(password)) => {
                Ok(Some(Credentials::new(username.clone(), password.expose().to_owned())))
            }
            (None, Some(_)) => Err(ConfigError::key("username", "is missing")),
            (Some(_), None) => Err(ConfigError::key("password", "is missing")),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Settings, ConfigError> {
        serde_json::from_str::<SmtpConfig>(json).unwrap().settings()
    }

    #[test]
    fn the_port_follows_from_tls() {
        for (tls, port) in [("none", 25), ("starttls", 587), ("implicit", 465)] {
            let json =
                format!(r#"{{"host": "localhost", "from": "a@example.com", "tls": "{tls}"}}"#);
            assert_eq!(read(&json).unwrap().port, port);
        }
        let defaults = read(r#"{"host": "localhost", "from": "A <a@example.com>"}"#).unwrap();
        assert_eq!((defaults.tls, defaults.pool), (Tls::Starttls, 8));
        assert_eq!(defaults.subject, "Message");
    }

    #[test]
    fn settings_that_cannot_work_are_refused_at_start() {
        for (json, key) in [
            (r#"{"host": "h", "from": "nobody"}"#, "from"),
            (r#"{"host": "h", "from": "a@example.com", "subject": "x\r\nBcc: b@b.dk"}"#, "subject"),
            (r#"{"host": "h", "from": "a@example.com", "username": "u"}"#, "password"),
            (r#"{"host": "h", "from": "a@example.com", "password": "u"}"#, "username"),
            (r#"{"host": "h", "from": "a@example.com", "pool": 0}"#, "pool"),
            (r#"{"host": "", "from": "a@example.com"}"#, "host"),
            (r#"{"host": "h", "from": "a@example.com", "hello": "a b"}"#, "hello"),
            (r#"{"host": "h", "from": "a@example.com", "ca_file": "/nowhere"}"#, "ca_file"),
            (
                r#"{"host": "h", "from": "a@b.dk", "tls": "none", "username": "u", "password": "p"}"#,
                "tls",
            ),
        ] {
            let error = read(json).err().unwrap().to_string();
            assert!(error.starts_with(key), "{json}: {error}");
        }
        let typo = r#"{"host": "h", "from": "a@example.com", "sublect": "x"}"#;
        assert!(serde_json::from_str::<SmtpConfig>(typo).is_err());
    }

    #[test]
    fn a_password_is_not_shown() {
        let json = r#"{"host": "h", "from": "a@b.dk", "username": "u", "password": "hunter2"}"#;
        let config = serde_json::from_str::<SmtpConfig>(json).unwrap();
        let shown = format!("{config:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
