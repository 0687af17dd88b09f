//! The carrier of phones: the conformance suite, and how texts end that no phone fetches. The store is a fake, whose phone
//! fetches at once unless the test plays it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use carriers::phones::{Phones, PhonesConfig};
use domain::account::operator::Actor;
use domain::id::PhoneId;
use domain::message::Address;
use domain::phone::{
    FetchedText, NewPhoneText, PhoneTextNews, PhoneTextReport, PhoneTextState, Placed, SendTerms,
    SendingSim,
};
use domain::ports::{Carrier, End, PhoneTextStore, PortError, ReceiptState};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;
use testkit::carrier_conformance::{Fate, Rig, Running, key, submission, until};
use testkit::clock::{SeededRandom, TestClock};
use uuid::Uuid;

#[derive(Debug)]
struct Row {
    text: NewPhoneText,
    state: PhoneTextState,
    news: bool,
    wants_report: bool,
}

#[derive(Debug, Default)]
struct Desk {
    texts: Mutex<BTreeMap<Uuid, Row>>,
    sims: Mutex<Vec<SendingSim>>,
    /// Texts wait for the test to fetch them.
    is_played: bool,
    /// It does not answer which texts were fetched.
    is_stuck: AtomicBool,
}

impl Desk {
    fn new(is_played: bool) -> Arc<Self> {
        let sim = SendingSim {
            phone: PhoneId(1),
            phone_name: "desk".to_owned(),
            sim: 1,
            country: "DK".parse().ok(),
            is_ready: true,
            sent: 0,
            waiting: 0,
        };
        Arc::new(Self { sims: Mutex::new(vec![sim]), is_played, ..Self::default() })
    }

    fn texts(&self) -> MutexGuard<'_, BTreeMap<Uuid, Row>> {
        self.texts.lock().unwrap()
    }

    fn only_id(&self) -> Option<Uuid> {
        self.texts().keys().next().copied()
    }

    fn sets(&self, id: Uuid, state: PhoneTextState) {
        let mut texts = self.texts();
        let row = texts.get_mut(&id).unwrap();
        (row.state, row.news) = (state, state.is_news());
    }

    fn change_sim(&self, change: impl Fn(&mut SendingSim)) {
        self.sims.lock().unwrap().iter_mut().for_each(change);
    }
}

#[async_trait]
impl PhoneTextStore for Desk {
    async fn queue_phone_texts(
        &self,
        terms: Arc<SendTerms>,
        texts: Vec<NewPhoneText>,
        _: Timestamp,
    ) -> Result<Vec<Placed>, PortError> {
        let mut sims = self.sims.lock().unwrap().clone();
        let mut rows = self.texts();
        let place = |text: NewPhoneText| {
            let same = |row: &&Row| row.text.recipient == text.recipient;
            if let Some(row) = rows.values().find(same) {
                return Placed::Taken(row.text.id);
            }
            if let Err(nowhere) = terms.choose(&mut sims, text.to, text.parts) {
                return Placed::Nowhere(nowhere);
            }
            let fails = text.to.digits() % 10 == 2;
            let state = match self.is_played {
                true => PhoneTextState::Waiting,
                false if fails => PhoneTextState::Failed,
                false => PhoneTextState::Delivered,
            };
            let (id, wants_report) = (text.id, terms.wants_reports);
            rows.insert(id, Row { text, state, news: state.is_news(), wants_report });
            Placed::Waiting
        };
        Ok(texts.into_iter().map(place).collect())
    }

    async fn sending_sims(&self, _: Timestamp) -> Result<Vec<SendingSim>, PortError> {
        Ok(self.sims.lock().unwrap().clone())
    }

    async fn phone_texts_fetched(&self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, bool)>, PortError> {
        if self.is_stuck.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let texts = self.texts();
        let of = |id: Uuid| Some((id, texts.get(&id)?.state != PhoneTextState::Waiting));
        Ok(ids.into_iter().filter_map(of).collect())
    }

    async fn withdraw_phone_texts(
        &self,
        ids: Vec<Uuid>,
        _: Timestamp,
    ) -> Result<Vec<Uuid>, PortError> {
        let mut texts = self.texts();
        let waits =
            |id: &Uuid| texts.get(id).is_some_and(|row| row.state == PhoneTextState::Waiting);
        let waiting: Vec<_> = ids.into_iter().filter(waits).collect();
        waiting.iter().for_each(|id| drop(texts.remove(id)));
        Ok(waiting)
    }

    async fn phone_text_news(
        &self,
        _: CarrierName,
        limit: u32,
    ) -> Result<Vec<PhoneTextNews>, PortError> {
        let texts = self.texts();
        let news = texts.values().filter(|row| row.news).map(|row| PhoneTextNews {
            id: row.text.id,
            to: row.text.to,
            state: row.state,
            code: None,
            wants_report: row.wants_report,
            at: Timestamp::default(),
        });
        Ok(news.take(usize::try_from(limit).unwrap()).collect())
    }

    async fn phone_text_news_stored(
        &self,
        stored: Vec<(Uuid, PhoneTextState)>,
    ) -> Result<(), PortError> {
        let mut texts = self.texts();
        for (id, state) in stored {
            if let Some(row) = texts.get_mut(&id).filter(|row| row.state == state) {
                row.news = false;
            }
        }
        Ok(())
    }

    async fn fetch_phone_texts(
        &self,
        _: PhoneId,
        _: bool,
        _: Timestamp,
    ) -> Result<Vec<FetchedText>, PortError> {
        unreachable!("a call of the phone's door")
    }

    async fn report_phone_texts(
        &self,
        _: PhoneId,
        _: Vec<PhoneTextReport>,
        _: Timestamp,
    ) -> Result<(), PortError> {
        unreachable!("a call of the phone's door")
    }

    async fn phones_with_texts(
        &self,
        _: Timestamp,
    ) -> Result<Vec<(PhoneId, Timestamp)>, PortError> {
        unreachable!("a call of the phone's door")
    }

    async fn set_sim_sends(
        &self,
        _: PhoneId,
        _: u8,
        _: bool,
        _: Actor,
        _: Timestamp,
    ) -> Result<bool, PortError> {
        unreachable!("a call of the operator")
    }
}

fn carrier(desk: &Arc<Desk>, section: &str) -> (Arc<Phones>, Arc<TestClock>) {
    let config: PhonesConfig = serde_json::from_str(section).unwrap();
    let (name, clock) = (CarrierName::new("phones"), TestClock::at_noon());
    let random = SeededRandom::new(1);
    let carrier = Phones::new(name, &config, desk.clone(), clock.clone(), random).unwrap();
    (carrier, clock)
}

struct PhonesRig(Arc<Desk>);

async fn start() -> PhonesRig {
    PhonesRig(Desk::new(false))
}

#[async_trait]
impl Rig for PhonesRig {
    fn carrier(&self) -> Arc<dyn Carrier> {
        carrier(&self.0, r#"{"daily_limit": 100000}"#).0
    }

    fn destination(&self, fate: Fate, number: u32) -> Address {
        let to = match fate {
            Fate::Delivered => format!("4520{number:03}444"),
            Fate::Failed => format!("4520{number:03}002"),
            Fate::Refused => format!("{number}@example.com"),
        };
        to.parse().unwrap()
    }

    fn unreachable(&self) -> Option<Arc<dyn Carrier>> {
        let desk = Desk::new(false);
        desk.change_sim(|sim| sim.is_ready = false);
        Some(carrier(&desk, "{}").0)
    }

    fn sends_receipts(&self) -> bool {
        true
    }
}

testkit::carrier_conformance!(start);

fn danish() -> Address {
    "4520123456".parse().unwrap()
}

async fn submits(running: &Running, number: u32, to: Address) {
    running.carrier.submit(vec![submission(key(number), to)]).await;
}

fn end(running: &Running, number: u32) -> End {
    running.inbox.outcomes_of(key(number)).remove(0).end
}

fn deferred(reason: Reason, code: &str) -> End {
    End::Deferred { reason, wait: None, code: Some(code.to_owned()) }
}

#[tokio::test]
async fn a_text_that_no_phone_fetches_in_time_may_go_elsewhere() {
    let desk = Desk::new(true);
    let (carrier, clock) = carrier(&desk, r#"{"ttl_s": 30}"#);
    let running = Running::up(carrier).await;
    submits(&running, 1, danish()).await;
    clock.advance(Duration::from_secs(29));
    submits(&running, 2, danish()).await;
    assert_eq!(running.inbox.outcomes(), [], "both wait for the phone");
    let [first, second] = desk.texts().keys().copied().collect::<Vec<_>>()[..] else { panic!() };
    desk.sets(second, PhoneTextState::Fetched);
    clock.advance(Duration::from_secs(1));
    running.inbox.wait_outcomes(2).await;
    assert_eq!(end(&running, 1), deferred(Reason::LinkDown, "phones:not_fetched"));
    assert_eq!(end(&running, 2), End::Accepted);
    assert_eq!(running.inbox.outcomes_of(key(2))[0].accepted[0].carrier_id, second.to_string());
    assert!(!desk.texts().contains_key(&first), "no phone gets it any more");
    // Handed over again after a crash.
    submits(&running, 2, danish()).await;
    assert_eq!(running.inbox.outcomes_of(key(2))[1].accepted[0].carrier_id, second.to_string());
}

#[tokio::test]
async fn without_a_sim_card_dispatch_learns_why() {
    let desk = Desk::new(true);
    let (carrier, _) = carrier(&desk, r#"{"daily_limit": 5}"#);
    let running = Running::up(carrier).await;
    submits(&running, 1, "4915112345678".parse().unwrap()).await;
    let code = "phones:destination".to_owned();
    assert_eq!(end(&running, 1), End::TryAnother { reason: Reason::NoRoute, code });
    desk.change_sim(|sim| sim.waiting = 100);
    submits(&running, 2, danish()).await;
    assert_eq!(end(&running, 2), deferred(Reason::CarrierFull, "phones:full"));
    desk.change_sim(|sim| (sim.waiting, sim.sent) = (0, 5));
    running.wait_up(false).await;
    let detail = running.carrier.status().detail;
    assert_eq!(detail, "1 of 1 SIM cards ready, 1 at the limit of the day");
    submits(&running, 3, danish()).await;
    assert!(matches!(end(&running, 3), End::Deferred { reason: Reason::LinkDown, .. }));
    desk.change_sim(|sim| sim.sent = 0);
    running.wait_up(true).await;
    submits(&running, 4, danish()).await;
    assert!(desk.only_id().is_some());
}

#[tokio::test]
async fn a_stop_takes_back_what_waits_and_leaves_what_a_phone_has() {
    let desk = Desk::new(true);
    let running = Running::up(carrier(&desk, "{}").0).await;
    submits(&running, 1, danish()).await;
    desk.sets(desk.only_id().unwrap(), PhoneTextState::Fetched);
    submits(&running, 2, danish()).await;
    let inbox = running.inbox.clone();
    running.stop(Duration::from_secs(10)).await;
    assert_eq!(inbox.outcomes_of(key(1))[0].end, End::Accepted);
    let taken_back = deferred(Reason::LinkDown, "phones:not_fetched");
    assert_eq!(inbox.outcomes_of(key(2))[0].end, taken_back);
    assert_eq!(desk.texts().len(), 1);
}

#[tokio::test]
async fn an_aborted_run_leaves_nothing_that_a_phone_could_fetch() {
    let desk = Desk::new(true);
    let running = Running::up(carrier(&desk, "{}").0).await;
    desk.is_stuck.store(true, Ordering::SeqCst);
    submits(&running, 1, danish()).await;
    let inbox = running.inbox.clone();
    running.stop(Duration::ZERO).await;
    assert_eq!(inbox.outcomes_of(key(1))[0].end, deferred(Reason::NoAnswer, "phones:store"));
    assert!(desk.texts().is_empty());
}

#[tokio::test]
async fn sent_is_a_step_unless_the_network_reports_no_deliveries() {
    for (section, state) in [
        ("{}", ReceiptState::Intermediate),
        (r#"{"delivery_reports": false}"#, ReceiptState::Delivered),
    ] {
        let desk = Desk::new(true);
        let running = Running::up(carrier(&desk, section).0).await;
        submits(&running, 1, danish()).await;
        let id = desk.only_id().unwrap();
        desk.sets(id, PhoneTextState::Sent);
        let receipt = running.inbox.receipt(&id.to_string()).await;
        assert_eq!(receipt.state, state, "{section}");
        until("the news are stored", || !desk.texts()[&id].news).await;
    }
}
