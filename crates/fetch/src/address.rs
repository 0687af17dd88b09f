//! What can be said of a URL without the network. Numbers are judged here, in every notation that
//! the URL standard reads as one; names only as far as they name this machine by definition.

use std::net::IpAddr;

use domain::limits::URL_CHARS_MAX;
use domain::ports::FetchError;
use url::{Host, Url};

use crate::Options;
use crate::public::is_allowed;

/// Below 1024 only the web's own ports are called: the others (mail, SSH, file shares) take no
/// webhook, and a request to them would be somebody's attack with our address on it.
const LOW_PORTS: [u16; 2] = [80, 443];

/// Services above 1024 that read text lines, or that nobody means to show the internet: SQL Server,
/// Oracle, NFS, Docker, etcd, MySQL, RDP, Subversion, PostgreSQL, AMQP, VNC, CouchDB, X11, Redis,
/// Kubernetes, IRC, Cassandra, Elasticsearch, kubelet, memcached, MongoDB.
const SERVICE_PORTS: [u16; 27] = [
    1433, 1521, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 3690, 5432, 5672, 5900, 5984, 6000, 6379,
    6443, 6666, 6667, 9042, 9200, 9300, 10_250, 11_211, 27_017, 27_018, 27_019,
];

pub(crate) fn check(url: &Url, options: &Options) -> Result<(), FetchError> {
    judge(url, options).map_err(FetchError::Forbidden)
}

fn judge(url: &Url, options: &Options) -> Result<(), &'static str> {
    if url.as_str().len() > URL_CHARS_MAX {
        return Err("it is longer than 2048 characters");
    }
    match url.scheme() {
        "https" => {}
        "http" if options.allow_http => {}
        "http" => return Err("only https is called"),
        _ => return Err("only https and http are called"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it carries a user name or password");
    }
    let port = url.port_or_known_default().unwrap_or(0);
    if (port < 1_024 && !LOW_PORTS.contains(&port)) || SERVICE_PORTS.contains(&port) {
        return Err("its port is not one of the web");
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

/// RFC 6761 §6.3: this machine, whatever a name server says.
pub(crate) fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("localhost")
}
