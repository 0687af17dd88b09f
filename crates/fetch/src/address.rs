//! Checks of a URL that need no network: scheme, port, and IP addresses in every notation that the
//! URL standard reads as one. Of names only `localhost` is checked here.

use std::net::IpAddr;

use domain::ports::FetchError;
use url::{Host, Url};

use crate::Options;
use crate::public::is_allowed;

/// The only ports below 1024 that are allowed: the others (mail, SSH, file shares) serve no webhooks,
/// and a request to them would be an attack that comes from our address.
const LOW_PORTS: [u16; 2] = [80, 443];

/// Ports above 1024 of services that read text lines or are not meant to be public: SQL Server, Oracle, NFS, Docker, etcd, MySQL, RDP, Subversion, PostgreSQL, AMQP, VNC, CouchDB, X11, Redis,
/// Kubernetes, IRC, Cassandra, Elasticsearch, kubelet, memcached, MongoDB.
const SERVICE_PORTS: [u16; 27] = [
    1433, 1521, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 3690, 5432, 5672, 5900, 5984, 6000, 6379,
    6443, 6666, 6667, 9042, 9200, 9300, 10_250, 11_211, 27_017, 27_018, 27_019,
];

pub(crate) fn check(url: &Url, options: &Options, chars_max: usize) -> Result<(), FetchError> {
    verdict(url, options, chars_max).map_err(FetchError::Forbidden)
}

fn verdict(url: &Url, options: &Options, chars_max: usize) -> Result<(), &'static str> {
    if url.as_str().len() > chars_max {
        return Err("it is longer than 2048 characters");
    }
    match url.scheme() {
        "https" => {}
        "http" if options.allow_http => {}
        "http" => return Err("only https is allowed"),
        _ => return Err("only https and http are allowed"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it contains a user name or password");
    }
    let port = url.port_or_known_default().unwrap_or(0);
    if (port < 1_024 && !LOW_PORTS.contains(&port)) || SERVICE_PORTS.contains(&port) {
        return Err("its port is not a web port");
    }
    let allowed = match url.host() {
        Some(Host::Ipv4(ip)) => is_allowed(IpAddr::V4(ip), options),
        Some(Host::Ipv6(ip)) => is_allowed(IpAddr::V6(ip), options),
        Some(Host::Domain(name)) => {
            !is_localhost(name) || options.allow_loopback || options.allow_private
        }
        None => return Err("it names no host"),
    };
    if allowed { Ok(()) } else { Err("it is not an address of the public internet") }
}

/// RFC 6761 §6.3: always loopback, whatever a name server says.
pub(crate) fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("localhost")
}
