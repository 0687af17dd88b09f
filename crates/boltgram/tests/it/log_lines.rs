//! A peer cannot write lines of its own into the log.

use std::io::Write;
use std::net::TcpListener;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use super::running::{Home, PATIENCE};

#[test]
fn a_garbage_greeting_stays_in_the_line_that_reports_it() {
    let relay = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = relay.local_addr().unwrap().port();
    spawn(move || {
        for peer in relay.incoming() {
            let greeting = b"hello\r\n2026-11-30T12:00:00Z ERROR store: forged\x1b[2K\x0b\x07\r\n";
            let _ = peer.unwrap().write_all(greeting);
        }
    });
    let home = Home::with_config(&format!(
        "[[carriers]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         tls = \"none\"\nfrom = \"gateway@example.com\"\n"
    ));
    let server = home.serve();
    let begun = Instant::now();
    while !server.log().contains("no SMTP connection") {
        assert!(begun.elapsed() < PATIENCE, "{}", server.log());
        sleep(Duration::from_millis(20));
    }
    let log = server.log();
    for line in log.lines() {
        let reports = line.contains("no SMTP connection");
        assert!(reports || !line.contains("forged"), "{line}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}
