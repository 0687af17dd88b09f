//! Numbers, addresses, texts and passwords are never logged, even at the most verbose level.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use testkit::carrier_conformance::{Running, key, until, with_text};

use crate::peer::Peer;
use crate::{smpp, smtp};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_contains_no_secrets() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // This runtime has one thread, so this subscriber gets all log lines of the test.
    let _guard = tracing::subscriber::set_default(subscriber);

    let options = json!({ "password": "zwiebel1" });
    let mut smsc = Peer::smsc(&options).await;
    let texts = Running::up(smpp::carrier(smsc.port, options.clone())).await;
    texts.inbox.refuse_receipts(1);
    let text = "Rabarbergrød 4711";
    for (number, digits) in [(1, "4520123456"), (2, "4520120001"), (3, "4520120002")] {
        texts.send(with_text(key(number), digits.parse().unwrap(), text)).await;
    }
    until("receipts", || texts.inbox.receipts().len() == 2).await;
    let phone =
        json!({ "cmd": "deliver", "source": "4520123456", "destination": "1234", "text": text });
    smsc.command(phone).await;
    smsc.tell("drop").await;
    let refused = Running::new(smpp::carrier(smsc.port, json!({ "password": "zwiebel2" })));
    until("a refusal", || refused.carrier.status().detail.contains("refused")).await;

    let options = json!({ "user": "u", "password": "zwiebel1" });
    let sink = Peer::smtp(&options).await;
    for password in ["zwiebel1", "zwiebel2"] {
        let login = json!({ "username": "u", "password": password });
        let mails = Running::new(smtp::carrier(smtp::with(smtp::plain(sink.port), login)));
        until("a word", || {
            ["connected", "refused: 535"].contains(&&*mails.carrier.status().detail)
        })
        .await;
        for (number, address) in [(1, "rhubarb@example.com"), (2, "refused-rhubarb@example.com")] {
            mails.send(with_text(key(number), address.parse().unwrap(), text)).await;
        }
    }

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("SMPP session bound") && text.contains("no SMTP connection"), "{text}");
    for secret in ["zwiebel", "452012", "rhubarb", "Rabarber", "4711"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
