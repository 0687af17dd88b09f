//! The `Host` header (RFC 9112 §3.2): programs before and behind ours choose by it, and must not read different ones.

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Version};

pub(super) fn check_host<B>(request: &Request<B>) -> Result<(), &'static str> {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() >= Version::HTTP_11 => Err("the Host header is missing"),
        (None, _) => Ok(()),
        (Some(_), Some(_)) => Err("there are two Host headers"),
        (Some(host), None) if is_host(host) => Ok(()),
        (Some(_), None) => Err("the Host header is not a host"),
    }
}

/// A host with an optional port, or nothing, which clients send for targets without a host.
fn is_host(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else { return false };
    let text = text.trim();
    text.is_empty() || !text.contains('@') && text.parse::<Authority>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: Version, hosts: &[&'static str]) -> bool {
        let mut request = Request::new(());
        *request.version_mut() = version;
        for host in hosts {
            request.headers_mut().append(HOST, HeaderValue::from_static(host));
        }
        check_host(&request).is_ok()
    }

    #[test]
    fn one_host_is_required() {
        for (version, hosts, good) in [
            (Version::HTTP_11, &["example.com"][..], true),
            (Version::HTTP_11, &["example.com:8080"], true),
            (Version::HTTP_11, &["[2001:db8::1]:80"], true),
            (Version::HTTP_11, &["127.0.0.1:1"], true),
            (Version::HTTP_11, &[""], true),
            (Version::HTTP_10, &[], true),
            (Version::HTTP_10, &["example.com"], true),
            (Version::HTTP_11, &[], false),
            (Version::HTTP_11, &["a", "b"], false),
            (Version::HTTP_11, &["a", "a"], false),
            (Version::HTTP_10, &["a", "b"], false),
            (Version::HTTP_11, &["a b"], false),
            (Version::HTTP_11, &["a, b"], false),
            (Version::HTTP_11, &["a/b"], false),
            (Version::HTTP_11, &["user@a"], false),
        ] {
            assert_eq!(check(version, hosts), good, "{version:?} {hosts:?}");
        }
    }
}
