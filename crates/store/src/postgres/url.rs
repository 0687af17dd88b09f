//! Parses a `postgres://` URL: server, user, and TLS options.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls;
use crate::OpenError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
const KEEPALIVE_TIMES: u32 = 3;

/// A server, and how to connect to it. Neither `Debug` nor `Display` shows the password.
#[derive(Clone)]
pub(crate) struct Server {
    pub(super) config: Config,
    pub(super) tls: Option<MakeRustlsConnect>,
    /// `sslmode` and `sslrootcert`, as they were given.
    tls_options: Vec<(&'static str, String)>,
}

impl Server {
    pub(crate) fn parse(url: &str) -> Result<Self, OpenError> {
        let (plain, options) = take_tls_options(url);
        let mut config: Config = plain.parse().map_err(|_| OpenError::BadPostgresUrl)?;
        if config.get_hosts().is_empty() {
            return Err(OpenError::BadPostgresUrl);
        }
        let tls_options = options.given();
        let tls = options.apply(&mut config)?;
        config
            .application_name("boltgram")
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(KEEPALIVE_AFTER)
            .keepalives_idle(KEEPALIVE_AFTER)
            .keepalives_interval(KEEPALIVE_EVERY)
            .keepalives_retries(KEEPALIVE_TIMES);
        Ok(Self { config, tls, tls_options })
    }

    pub(crate) fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }

    pub(super) fn password(&self) -> Option<&[u8]> {
        self.config.get_password()
    }

    /// For PostgreSQL's own programs (libpq's `keyword=value`), without the password.
    pub(super) fn conninfo(&self) -> String {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        });
        let ports: Vec<_> = self.config.get_ports().iter().map(u16::to_string).collect();
        let mut words =
            vec![("host", hosts.collect::<Vec<_>>().join(",")), ("port", ports.join(","))];
        words.push(("user", self.config.get_user().unwrap_or_default().to_owned()));
        words.push(("dbname", self.config.get_dbname().unwrap_or_default().to_owned()));
        words.extend(self.tls_options.iter().cloned());
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('\'', "\\'");
        let words = words.iter().filter(|(_, value)| !value.is_empty());
        let words: Vec<_> =
            words.map(|(key, value)| format!("{key}='{}'", quoted(value))).collect();
        words.join(" ")
    }

    pub(crate) fn set_password(&mut self, password: &str) {
        self.config.password(password);
    }
}

#[derive(Default)]
struct TlsOptions {
    mode: Option<String>,
    authorities: Option<PathBuf>,
}

/// Removes the options that the client library does not know.
fn take_tls_options(url: &str) -> (String, TlsOptions) {
    let mut options = TlsOptions::default();
    let Some((place, query)) = url.split_once('?') else { return (url.to_owned(), options) };
    let mut rest = Vec::new();
    for option in query.split('&') {
        match option.split_once('=') {
            Some(("sslmode", mode)) => options.mode = Some(mode.to_owned()),
            Some(("sslrootcert", path)) => {
                options.authorities = Some(Path::new(&path.replace("%2F", "/")).to_owned());
            }
            _ => rest.push(option),
        }
    }
    let plain =
        if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) };
    (plain, options)
}

impl TlsOptions {
    fn given(&self) -> Vec<(&'static str, String)> {
        let authorities = self.authorities.as_ref().map(|path| path.display().to_string());
        let given = [("sslmode", self.mode.clone()), ("sslrootcert", authorities)];
        given.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }

    fn apply(self, config: &mut Config) -> Result<Option<MakeRustlsConnect>, OpenError> {
        let verified = self.mode.as_deref() == Some("verify-full");
        if self.authorities.is_some() && !verified {
            return Err(OpenError::Tls("sslrootcert requires sslmode=verify-full".to_owned()));
        }
        let (mode, tls) = match self.mode.as_deref() {
            Some("disable") => (SslMode::Disable, None),
            None | Some("prefer") => (SslMode::Prefer, Some(tls::unverified()?)),
            Some("require") => (SslMode::Require, Some(tls::unverified()?)),
            Some("verify-full") => {
                (SslMode::Require, Some(tls::verified(self.authorities.as_deref())?))
            }
            Some(_) => {
                let known = "sslmode is disable, prefer, require or verify-full";
                return Err(OpenError::Tls(known.to_owned()));
            }
        };
        config.ssl_mode(mode);
        Ok(tls)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        for (at, host) in self.config.get_hosts().iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{comma}{}", path.display())?,
            }
            if let Some(port) = self.config.get_ports().get(at) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_where_and_never_the_password() {
        let server = Server::parse("postgres://gate:s3cret@db.example:5433/shop").unwrap();
        for shown in [server.to_string(), format!("{server:?}")] {
            assert_eq!(shown, "postgres://gate@db.example:5433/shop");
        }
    }

    #[test]
    fn postgres_own_programs_get_the_same_place_without_the_password() {
        let url = "postgres://o%27neil:s3cret@a,b:5433/shop?sslmode=require&application_name=x";
        let told = Server::parse(url).unwrap().conninfo();
        assert!(told.starts_with("host='a,b' port='"), "{told}");
        assert!(told.ends_with(r"user='o\'neil' dbname='shop' sslmode='require'"), "{told}");
        assert!(!told.contains("s3cret"));
    }

    #[test]
    fn takes_tls_as_the_url_has_it() {
        let of = |options: &str| Server::parse(&format!("postgres://u@h/d{options}"));
        for (options, mode, tls) in [
            ("", SslMode::Prefer, true),
            ("?sslmode=disable", SslMode::Disable, false),
            ("?sslmode=prefer&application_name=x", SslMode::Prefer, true),
            ("?connect_timeout=3&sslmode=require", SslMode::Require, true),
            ("?sslmode=verify-full", SslMode::Require, true),
        ] {
            let server = of(options).unwrap();
            assert_eq!((server.config.get_ssl_mode(), server.tls.is_some()), (mode, tls));
        }
        for options in [
            "?sslmode=verify-ca",
            "?sslmode=",
            "?sslrootcert=/a.pem",
            "?sslmode=require&sslrootcert=a",
        ] {
            assert!(matches!(of(options), Err(OpenError::Tls(_))), "{options}");
        }
        let missing = of("?sslmode=verify-full&sslrootcert=/no/such.pem").unwrap_err();
        assert!(missing.to_string().contains("/no/such.pem"), "{missing}");
    }

    #[test]
    fn an_unreadable_url_is_not_quoted() {
        for url in
            ["postgres://u:s3cret@h:port/d", "postgres:///d", "postgres://u:s3cret@h/d?odd=1"]
        {
            let refused = Server::parse(url).unwrap_err();
            assert!(!format!("{refused} {refused:?}").contains("s3cret"));
        }
    }
}
