//! Internal addresses in every notation, requested from a server that listens there.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::ports::{Fetch, FetchError};
use fetch::{Guarded, Options, Resolver, SystemResolver, is_public};
use url::Url;

use crate::receiver::{Echo, Fixed, post};

const LOOPBACK: &[&str] = &[
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1%2e",
    "127.254.1.2",
    "0.0.0.0",
    "0",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "%6cocalhost",
    // Fullwidth and enclosed digits, ideographic and halfwidth full stops: IDNA reads them as ASCII.
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "𝟙𝟚𝟟.𝟘.𝟘.𝟙",
];

const ELSEWHERE: &[&str] = &[
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "[::ffff:a9fe:a9fe]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "255.255.255.255",
    "224.0.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "[2001:db8::1]",
    "[2001::1]",
];

fn guard() -> Guarded {
    Guarded::new(Options::default()).unwrap()
}

fn forbidden<T: std::fmt::Debug>(result: &Result<T, FetchError>) -> bool {
    matches!(result, Err(FetchError::Forbidden(_)))
}

#[tokio::test]
async fn refuses_loopback_in_every_notation() {
    let (echo, guard) = (Echo::start().await, guard());
    for host in LOOPBACK {
        let text = format!("http://{host}:{}/", echo.address.port());
        // Some are not URLs at all, which is just as safe.
        let Ok(url) = text.parse::<Url>() else { continue };
        assert!(forbidden(&guard.check(&url)), "{host} = {url}");
        assert!(forbidden(&guard.fetch(post(url)).await), "{host}");
    }
    assert_eq!(echo.calls.load(Ordering::SeqCst), 0);
}

#[test]
fn refuses_private_and_link_local_addresses() {
    let guard = guard();
    for host in ELSEWHERE {
        let url = format!("https://{host}/").parse::<Url>().unwrap();
        assert!(forbidden(&guard.check(&url)), "{host}");
    }
}

#[tokio::test]
async fn requests_no_name_that_resolves_to_an_internal_address() {
    let echo = Echo::start().await;
    let url: Url = format!("http://hook.example:{}/", echo.address.port()).parse().unwrap();
    for ip in ["127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0", "10.0.0.1", "169.254.169.254", "::1"] {
        let names = Arc::new(Fixed(vec![ip.parse::<IpAddr>().unwrap()]));
        let guard = Guarded::with_resolver(Options::default(), names).unwrap();
        assert_eq!(guard.check(&url), Ok(()));
        let result = guard.fetch(post(url.clone())).await;
        assert!(matches!(result.unwrap_err(), FetchError::Unreachable(_)), "{ip}");
    }
    assert_eq!(echo.calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn resolves_names_with_the_system() {
    let found = SystemResolver::default().resolve("localhost").await.unwrap();
    assert!(!found.is_empty());
    assert!(found.iter().all(|ip| ip.is_loopback() && !is_public(*ip)), "{found:?}");
}

#[test]
fn refuses_other_schemes_users_ports_and_lengths() {
    let guard = guard();
    for text in [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "data:text/plain,x",
        "https://user@example.com/",
        "https://user:pass@example.com/",
        "https://:pass@example.com/",
        "http://example.com:22/",
        "http://example.com:25/",
        "http://example.com:3306/",
        "http://example.com:5432/",
        "http://example.com:6379/",
        "http://example.com:11211/",
        "http://example.com:1/",
        "http://example.com:0/",
        "http://example.com:1023/",
    ] {
        assert!(forbidden(&guard.check(&text.parse().unwrap())), "{text}");
    }
    let long = format!("https://example.com/{}", "x".repeat(2_048));
    assert!(forbidden(&guard.check(&long.parse().unwrap())));
    let https_only = Options { allow_http: false, ..Options::default() };
    let https_only = Guarded::new(https_only).unwrap();
    assert!(forbidden(&https_only.check(&"http://example.com/".parse().unwrap())));
    assert_eq!(https_only.check(&"https://example.com/".parse().unwrap()), Ok(()));
}

#[test]
fn allows_what_webhooks_use() {
    let guard = guard();
    for text in [
        "https://example.com/",
        "http://example.com/",
        "https://example.com:8443/hook?x=1#y",
        "http://1.1.1.1:8080/",
        "https://[2606:4700::1111]/",
        "https://bücher.example/",
        "https://notlocalhost/",
        "https://localhost.example.com/",
    ] {
        assert_eq!(guard.check(&text.parse().unwrap()), Ok(()), "{text}");
    }
}
