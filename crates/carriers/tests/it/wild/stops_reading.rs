//! A centre that stops reading: its open parts end as *no answer*, another session takes the rest at once, and the
//! stalled session is bound again.

use std::net::SocketAddr;
use std::time::Duration;

use domain::ports::End;
use domain::reason::Reason;
use serde_json::json;
use testkit::carrier_conformance::{Running, key};
use testkit::faults::{Fault, Proxy, Toward};

use super::centre::{Centre, Mode};
use super::{Feeder, Log, assert_quick, outcome_of, pass_until};
use crate::smpp::{carrier, deferred};

const WINDOW: u32 = 50;
const WAITING: u32 = 1_000;

#[tokio::test(start_paused = true)]
async fn a_centre_that_stops_reading_holds_one_window_and_is_bound_again() {
    let log = Log::listen();
    let centre = Centre::open(Mode::Well).await;
    let other = Centre::open(Mode::Well).await;
    let proxy = Proxy::to(SocketAddr::from(([127, 0, 0, 1], centre.port))).await;
    let timers = json!({ "window": WINDOW, "response_timeout_s": 5, "enquire_link_s": 5 });
    let running = Running::up(carrier(proxy.address().port(), timers)).await;
    let quick = Running::up(carrier(other.port, json!({}))).await;

    proxy.now(Toward::Server, Fault::Stall);
    let feeder = Feeder::begin(&running, 0..WAITING);
    let lost = || !running.carrier.status().up;
    let mut kept_max = 0;
    for second in 0..30 {
        if lost() {
            break;
        }
        super::pass(Duration::from_secs(1)).await;
        kept_max = kept_max.max(feeder.handed() - running.inbox.outcomes().len());
        assert_quick(&quick, 10_000 + second).await;
    }
    assert!(lost(), "the stall was not noticed");
    // The queue, the window, and the feeder's current message.
    assert!(kept_max <= 64 + WINDOW as usize + 1, "{kept_max} in memory");
    let outcomes = running.inbox.outcomes();
    let doubtful =
        outcomes.iter().filter(|outcome| outcome.end == deferred(Reason::NoAnswer)).count();
    assert!(doubtful <= 4 * WINDOW as usize, "{doubtful} may have been accepted");

    // This connection stays dead; the next one works.
    proxy.now(Toward::Server, Fault::Cut);
    proxy.mend();
    pass_until("a new session", Duration::from_secs(10), || running.carrier.status().up).await;
    let begin = 20_000;
    let _feeder = Feeder::begin(&running, begin..begin + WAITING);
    let last = || !running.inbox.outcomes_of(key(begin + WAITING - 1)).is_empty();
    pass_until("normal operation", Duration::from_secs(5), last).await;
    let outcomes = running.inbox.outcomes();
    for at in begin..begin + WAITING {
        assert_eq!(outcome_of(&outcomes, key(at)).end, End::Accepted);
    }
    log.assert_lines(12);
}
