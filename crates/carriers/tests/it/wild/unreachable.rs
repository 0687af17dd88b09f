//! A centre that is unreachable or refuses binds: retried often, logged once.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use testkit::carrier_conformance::Running;

use super::{Log, pass, pass_until};
use crate::centre::{Centre, open};
use crate::smpp::carrier;

#[tokio::test(start_paused = true)]
async fn an_unreachable_centre_is_logged_once() {
    let log = Log::listen();
    // A reserved port without a listener.
    let running = Running::new(carrier(1, json!({ "binds": 1 })));
    pass(Duration::from_secs(300)).await;
    assert!(!running.carrier.status().up);
    assert!(log.text().contains("no SMPP session"), "{}", log.text());
    log.assert_lines(1);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_logged_once_and_so_is_the_session_after_them() {
    let log = Log::listen();
    let open = open(Centre::new(), 0).await;
    open.centre.refuse_binds.store(true, Ordering::SeqCst);
    let running = Running::new(carrier(open.port, json!({ "refused_s": 1 })));
    pass(Duration::from_secs(60)).await;
    assert!(running.carrier.status().detail.contains("ESME_RINVPASWD"));
    log.assert_lines(1);
    open.centre.refuse_binds.store(false, Ordering::SeqCst);
    pass_until("a session", Duration::from_secs(60), || running.carrier.status().up).await;
    assert!(log.text().contains("SMPP session bound"), "{}", log.text());
    log.assert_lines(2);
}
