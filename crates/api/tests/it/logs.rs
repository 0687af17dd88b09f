//! Request logs contain no number, text, key or address.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::house::{House, sats};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

const NUMBER: &str = "20123456";
const TEXT: &str = "pineapple";
const MAIL: &str = "melon@example.com";
const BAD_KEY: &str = "bg_durian";

#[tokio::test]
async fn hold_no_number_text_or_key() {
    let written = Written::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(written.clone())
        .with_ansi(false)
        .finish();
    // With only one subscriber, tracing caches for all threads whether the first thread to reach an event
    // has a subscriber for it; other tests' threads have none.
    let _second = Dispatch::new(NoSubscriber::new());
    // For this thread only; the test's server runs on it too.
    let guard = tracing::subscriber::set_default(subscriber);

    let house = House::new().await;
    let key = house.key(sats(1_000), "*", Some(8)).await;
    let open = house.open_as(Default::default()).await;
    let send = format!(
        r#"{{"phone":"+45{NUMBER}","message":"{TEXT}","webhookUrl":"https://{TEXT}.example"}}"#
    );
    let now = format!(r#"{{"phone":"+45{NUMBER}","message":"{TEXT}","immediate":true}}"#);
    let mail = format!(r#"{{"address":"{MAIL}","message":"{TEXT}"}}"#);
    let broken = format!(r#"{{"phone":"+45{NUMBER}","message":"{TEXT}"#);
    let wrong = format!(r#"{{"phone":"+45{NUMBER}{TEXT}","message":["{TEXT}"]}}"#);
    for body in [&send, &broken, &wrong] {
        open.post("/createsendorder", body).await;
        open.post_with_key("/createsendorder", BAD_KEY, body).await;
    }
    open.post("/createemailsendorder", &mail).await;
    for _ in 0..2 {
        open.post_with_key("/createsendorder", &key, &now).await;
    }
    open.get_with_key("/history", &key).await;
    let bulk = format!(r#"{{"msisdns":["+45{NUMBER}","{TEXT}"],"content":"{TEXT}","sender":"a"}}"#);
    let large = bulk.replace("[", &format!("[{}", format!("\"+45{NUMBER}\",").repeat(6_000)));
    for body in [&bulk, &large, &broken] {
        for path in ["/api/v2/sms/send", "/api/v2/sms/preview", "/api/v2/sms/20123456/cancel"] {
            open.post_with_key(path, &key, body).await;
        }
    }
    for path in [
        format!("/orderstatus?orderId={NUMBER}{TEXT}"),
        format!("/{NUMBER}/{TEXT}?{MAIL}"),
        format!("/price?country={TEXT}&service={NUMBER}"),
        format!("/{NUMBER}"),
    ] {
        open.get_with_key(&path, &key).await;
    }
    let call = format!("user=account-0&key={key}&msisdn=45{NUMBER}&sender={TEXT}&text={TEXT}");
    for path in ["/sms/api.json", "/api/4/sms/api.xml", "/view/outbox/api.json", "/sms/melon"] {
        open.get(&format!("{path}?{call}&search={TEXT}")).await;
        open.call("POST", path, &[], &call).await;
        open.get(&format!("{path}?{}", call.replace(&key, BAD_KEY))).await;
    }
    open.call("PINEAPPLE", "/price", &[], "").await;
    open.house.gate.set_down(true);
    open.post("/createsendorder", &send).await;
    open.get_with_key("/balance", &key).await;
    open.get(&format!("/sms/api.json?{call}")).await;
    open.house.gate.set_down(false);
    open.house.gate.set_panics(true);
    open.post("/createsendorder", &send).await;
    drop(guard);

    let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains(r#"method="POST" route="/createsendorder" status=200"#), "{log}");
    assert!(log.contains(r#"method="(other)""#) && log.contains(r#"route="(none)""#), "{log}");
    assert!(log.contains("a handler panicked"), "{log}");
    assert!(log.contains(r#"door="query" method="POST" route="/sms/api.json""#), "{log}");
    assert!(log.contains(r#"route="/api/v2/sms/{uuid}/cancel" status=404"#), "{log}");
    for secret in [NUMBER, TEXT, MAIL, BAD_KEY, &key, &key[10..40], "PINEAPPLE", "melon"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
