//! Texts that phones send.

use std::sync::Arc;
use std::time::Duration;

use domain::account::KeyHash;
use domain::id::{MessageId, PhoneId};
use domain::limits::FORGET_AFTER;
use domain::number::Msisdn;
use domain::phone::{
    FetchedText, Health, NewPhoneText, NoSim, PhoneReport, PhoneTextReport, PhoneTextState, Placed,
    Reach, SIM_RESTS_FOR, SendTerms,
};
use domain::ports::Store;
use domain::routing::CarrierName;
use domain::time::Timestamp;
use uuid::Uuid;

use super::Rig;
use super::phones::{card, report, wanted};
use super::world::{BY, NODE, World, at};

const DAY: u64 = 24 * 60 * 60;

pub(super) fn terms(daily_limit: u32) -> Arc<SendTerms> {
    Arc::new(SendTerms {
        carrier: CarrierName::new("phones"),
        reach: Reach::Own,
        sims: vec![],
        daily_limit,
        fetch_within: Duration::from_secs(60),
        wants_reports: true,
    })
}

/// To a recipient of its own.
pub(super) fn text(number: u32, parts: u16) -> NewPhoneText {
    NewPhoneText {
        id: Uuid::from_u128(number.into()),
        message: MessageId(Uuid::from_u128(7)),
        recipient: number % 1_000,
        to: Msisdn::from_digits(4_520_123_456).unwrap(),
        text: "Din kode er 1234".into(),
        parts,
        valid_until: at(3_600),
        is_urgent: false,
    }
}

fn id(number: u32) -> Uuid {
    Uuid::from_u128(number.into())
}

const fn of(id: Uuid, state: PhoneTextState) -> PhoneTextReport {
    PhoneTextReport { id, state, is_of_part: false, code: None }
}

fn ids(texts: &[FetchedText]) -> Vec<Uuid> {
    texts.iter().map(|text| text.id).collect()
}

struct Phones {
    world: World,
    store: Arc<dyn Store>,
    phone: PhoneId,
}

impl Phones {
    /// A phone that is registered and ready, whose SIM card sends and has a Danish number.
    async fn new(rig: &impl Rig) -> Self {
        let world = World::new(rig).await;
        let phone = world.ready_phone().await;
        let store = world.store.clone();
        let phones = Self { world, store, phone };
        phones.register(phone, 1, 2).await;
        assert!(phones.store.set_sim_sends(phone, 1, true, BY, at(0)).await.unwrap());
        phones
    }

    async fn register(&self, phone: PhoneId, enrolment: u8, token: u8) {
        let (enrolment, token) = (KeyHash([enrolment; 32]), KeyHash([token; 32]));
        let report = PhoneReport::default();
        let found = self.store.register_phone(enrolment, token, report, at(0)).await.unwrap();
        assert_eq!(found.map(|found| found.id), Some(phone));
    }

    /// Another one, ready, with a SIM card that sends everywhere.
    async fn second(&self) -> PhoneId {
        let phone = self.world.phone("attic", 3).await;
        self.register(phone, 3, 4).await;
        self.store.see_phone(phone, Some(Health::Pass), at(0)).await.unwrap();
        assert!(self.store.set_sim_sends(phone, 1, true, BY, at(0)).await.unwrap());
        phone
    }

    async fn queue(&self, limit: u32, texts: Vec<NewPhoneText>, secs: u64) -> Vec<Placed> {
        self.store.queue_phone_texts(terms(limit), texts, at(secs)).await.unwrap()
    }

    async fn fetch(&self, phone: PhoneId, secs: u64) -> Vec<FetchedText> {
        self.store.fetch_phone_texts(phone, false, at(secs)).await.unwrap()
    }

    async fn report(&self, phone: PhoneId, reports: Vec<PhoneTextReport>) {
        self.store.report_phone_texts(phone, reports, at(20)).await.unwrap();
    }

    async fn news(&self) -> Vec<(Uuid, PhoneTextState)> {
        let news = self.store.phone_text_news(CarrierName::new("phones"), 9).await.unwrap();
        news.into_iter().map(|news| (news.id, news.state)).collect()
    }

    async fn sent(&self, now: Timestamp) -> Vec<u32> {
        let sims = self.store.sending_sims(now).await.unwrap();
        sims.into_iter().map(|sim| sim.sent).collect()
    }
}

pub async fn a_text_is_of_the_phone_that_fetched_it(rig: &impl Rig) {
    let phones = Phones::new(rig).await;
    let Phones { store, phone, .. } = &phones;
    let urgent = NewPhoneText { is_urgent: true, ..text(2, 1) };
    assert_eq!(phones.queue(9, vec![text(1, 1), urgent], 1).await, [Placed::Waiting; 2]);
    assert_eq!(store.phones_with_texts(at(1)).await.unwrap(), [(*phone, at(1))]);
    let fetched = store.phone_texts_fetched(vec![id(1), id(9)]).await.unwrap();
    assert_eq!(fetched, [(id(1), false)]);
    assert_eq!(phones.fetch(PhoneId(99), 2).await, []);
    let texts = phones.fetch(*phone, 2).await;
    assert_eq!(ids(&texts), [id(2), id(1)], "the urgent one first");
    assert_eq!((texts[1].sim, texts[1].text.as_str()), (1, "Din kode er 1234"));
    assert!(texts[1].wants_report && texts[0].is_urgent);
    assert_eq!(ids(&phones.fetch(*phone, 3).await), [id(2), id(1)], "until it confirms them");
    let newest = store.fetch_phone_texts(*phone, true, at(3)).await.unwrap();
    assert_eq!(ids(&newest), [id(2), id(1)]);
    assert_eq!(store.phones_with_texts(at(3)).await.unwrap(), []);
    assert_eq!(store.phone_texts_fetched(vec![id(1)]).await.unwrap(), [(id(1), true)]);
    let withdrawn = store.withdraw_phone_texts(vec![id(1)], at(90)).await.unwrap();
    assert!(withdrawn.is_empty(), "the phone has it");
    // A second hand-over of the same recipient.
    let again = NewPhoneText { id: id(8), ..text(1, 1) };
    assert_eq!(phones.queue(9, vec![again], 4).await, [Placed::Taken(id(1))]);
    phones.report(*phone, vec![of(id(2), PhoneTextState::Processed)]).await;
    assert_eq!(ids(&phones.fetch(*phone, 5).await), [id(1)]);
    assert_eq!(phones.fetch(*phone, 3_590).await, [], "its validity is about to end");
    phones.register(*phone, 1, 5).await;
    assert_eq!(phones.fetch(*phone, 6).await, [], "a phone that was reset does not get it twice");
    assert_eq!(phones.sent(at(6)).await, [2]);
}

pub async fn a_text_that_no_phone_fetched_is_withdrawn(rig: &impl Rig) {
    let phones = Phones::new(rig).await;
    let Phones { store, phone, .. } = &phones;
    phones.queue(9, vec![text(1, 2)], 1).await;
    assert_eq!(phones.fetch(*phone, 61).await, [], "too late");
    assert_eq!(store.withdraw_phone_texts(vec![id(1), id(5)], at(61)).await.unwrap(), [id(1)]);
    assert_eq!(store.phone_texts_fetched(vec![id(1)]).await.unwrap(), []);
    assert_eq!(phones.sent(at(61)).await, [0]);
    store.see_phone(*phone, Some(Health::Pass), at(60)).await.unwrap();
    let away = [Placed::Nowhere(NoSim::Away)];
    assert_eq!(phones.queue(9, vec![text(2, 1)], 62).await, away, "it did not come for it");
    store.see_phone(*phone, Some(Health::Pass), at(63)).await.unwrap();
    assert_eq!(phones.queue(9, vec![text(2, 1)], 64).await, [Placed::Waiting], "it is back");
    // The process died, and the recipient is handed over again: the first text is withdrawn.
    let again = NewPhoneText { id: id(8), ..text(2, 1) };
    assert_eq!(phones.queue(9, vec![again], 65).await, [Placed::Waiting]);
    assert_eq!(ids(&phones.fetch(*phone, 66).await), [id(8)]);
    assert_eq!(phones.sent(at(66)).await, [1]);
    store.see_phone(*phone, Some(Health::Fail), at(67)).await.unwrap();
    assert_eq!(phones.queue(9, vec![text(3, 1)], 68).await, away);
}

pub async fn the_sim_card_that_sent_least_sends_up_to_its_limit(rig: &impl Rig) {
    let phones = Phones::new(rig).await;
    let second = phones.second().await;
    let queued = phones.queue(3, vec![text(1, 2)], 1).await;
    assert_eq!(queued, [Placed::Waiting]);
    assert_eq!(phones.sent(at(1)).await, [2, 0], "of the destination's country first");
    let limit = Placed::Nowhere(NoSim::Limit);
    let queued = phones.queue(3, (2..7).map(|number| text(number, 1)).collect(), 1).await;
    assert_eq!(queued, [[Placed::Waiting; 4].as_slice(), &[limit]].concat());
    assert_eq!(phones.sent(at(1)).await, [3, 3]);
    assert_eq!(ids(&phones.fetch(second, 2).await).len(), 3);
    // Another handle, as after a restart.
    let store = rig.open().await;
    let placed = store.queue_phone_texts(terms(3), vec![text(7, 1)], at(3)).await.unwrap();
    assert_eq!(placed, [limit]);
    for phone in [phones.phone, second] {
        store.see_phone(phone, Some(Health::Pass), at(DAY)).await.unwrap();
    }
    let tomorrow = NewPhoneText { valid_until: at(2 * DAY), ..text(7, 1) };
    let placed = store.queue_phone_texts(terms(3), vec![tomorrow], at(DAY)).await.unwrap();
    assert_eq!(placed, [Placed::Waiting]);
    assert_eq!(phones.sent(at(DAY)).await, [1, 0]);
    assert_eq!(phones.sent(at(3)).await[0], 1, "another clock is behind");
    phones.queue(3, vec![text(8, 1)], 4).await;
    assert_eq!(phones.sent(at(DAY)).await.iter().sum::<u32>(), 2);
    assert!(store.set_sim_sends(phones.phone, 1, false, BY, at(DAY)).await.unwrap());
    assert_eq!(phones.sent(at(DAY)).await, [0]);
    assert!(!store.set_sim_sends(PhoneId(99), 1, true, BY, at(DAY)).await.unwrap());
    let sim = store.phones().await.unwrap().remove(0).sims.remove(0);
    let on = |secs| sim.sent_today(at(secs));
    assert_eq!((sim.sends, on(DAY), on(2 * DAY)), (false, 2, 0));
}

pub async fn a_lent_number_sends_no_texts(rig: &impl Rig) {
    let phones = Phones::new(rig).await;
    assert!(phones.store.lend(wanted(1, 1), at(1)).await.unwrap().is_some());
    let placed = phones.queue(9, vec![text(1, 1)], 2).await;
    assert_eq!(placed, [Placed::Nowhere(NoSim::Away)]);
    let abroad = NewPhoneText { to: Msisdn::from_digits(4_915_112_345_678).unwrap(), ..text(2, 1) };
    let placed = phones.queue(9, vec![abroad], 2).await;
    assert_eq!(placed, [Placed::Nowhere(NoSim::Destination)]);
}

pub async fn what_waits_is_not_sent_by_a_card_that_may_no_longer_send(rig: &impl Rig) {
    let phones = Phones::new(rig).await;
    let Phones { store, phone, .. } = &phones;
    let second = phones.second().await;
    let queued = phones.queue(1, vec![text(1, 1), text(2, 1)], 1).await;
    assert_eq!((queued, phones.sent(at(1)).await), (vec![Placed::Waiting; 2], vec![1, 1]));
    assert!(store.lend(wanted(1, 1), at(2)).await.unwrap().is_some());
    assert_eq!(phones.fetch(*phone, 3).await, [], "its number was lent");
    assert!(store.set_sim_sends(second, 1, false, BY, at(2)).await.unwrap());
    assert_eq!(phones.fetch(second, 3).await, []);
    assert!(store.set_sim_sends(second, 1, true, BY, at(3)).await.unwrap());
    assert_eq!(phones.fetch(second, 4).await.len(), 1);
}

pub async fn what_waits_is_withdrawn_when_its_recipient_is_claimed_again(rig: &impl Rig) {
    let phones = Phones::new(rig).await;
    let Phones { world, store, phone } = &phones;
    world.working().await;
    let mut chunk = world.claim_one(at(5)).await;
    let message = chunk.id.message;
    let new = |number| NewPhoneText { message, recipient: 0, ..text(number, 1) };
    for (number, is_fetched) in [(1, false), (2, true)] {
        let placed = phones.queue(9, vec![new(number), text(number + 7, 1)], 6).await;
        assert_eq!(placed, [Placed::Waiting; 2]);
        if is_fetched {
            assert_eq!(phones.fetch(*phone, 7).await.len(), 3);
        }
        // The process died, and another carrier may be chosen now.
        assert_eq!(store.release_leases(NODE, at(8)).await.unwrap(), 1);
        store.recheck_orders(at(8)).await.unwrap();
        let again = world.claim_one(at(8)).await;
        assert_eq!((again.id, again.attempt), (chunk.id, chunk.attempt + 1));
        chunk = again;
        let left = store.phone_texts_fetched(vec![id(number), id(number + 7)]).await.unwrap();
        let others = (id(number + 7), is_fetched);
        match is_fetched {
            true => assert_eq!(left, [(id(number), true), others], "the phone has it"),
            false => assert_eq!((left, phones.sent(at(8)).await), (vec![others], vec![1])),
        }
    }
    assert_eq!(phones.queue(9, vec![new(3)], 9).await, [Placed::Taken(id(2))]);
}

pub async fn the_carrier_that_has_a_text_gets_its_receipts(rig: &impl Rig) {
    let phones = Phones::new(rig).await;
    let Phones { store, phone, .. } = &phones;
    phones.queue(9, vec![text(1, 1)], 1).await;
    phones.fetch(*phone, 2).await;
    phones.report(*phone, vec![of(id(1), PhoneTextState::Sent)]).await;
    let news = vec![(id(1), PhoneTextState::Sent)];
    store.phone_text_news_stored(news.clone()).await.unwrap();
    let again = NewPhoneText { id: id(8), ..text(1, 1) };
    assert_eq!(phones.queue(9, vec![again.clone()], 3).await, [Placed::Taken(id(1))]);
    assert_eq!(phones.news().await, news, "its receipt may have found no submission");
    let attic = CarrierName::new("attic");
    let others = Arc::new(SendTerms { carrier: attic.clone(), ..(*terms(9)).clone() });
    let placed = store.queue_phone_texts(others, vec![again], at(4)).await.unwrap();
    assert_eq!((placed, phones.news().await), (vec![Placed::Taken(id(1))], vec![]));
    assert_eq!(store.phone_text_news(attic, 9).await.unwrap()[0].id, id(1));
}

pub async fn a_sim_card_that_cannot_send_rests(rig: &impl Rig) {
    let phones = Phones::new(rig).await;
    let Phones { store, phone, .. } = &phones;
    phones.queue(9, vec![text(1, 1), text(2, 1)], 1).await;
    phones.fetch(*phone, 2).await;
    let failed = |number, code: &str| PhoneTextReport {
        code: Some(code.to_owned()),
        ..of(id(number), PhoneTextState::Failed)
    };
    phones.report(*phone, vec![failed(1, "RESULT_ERROR_GENERIC_FAILURE")]).await;
    assert_eq!(phones.queue(9, vec![text(3, 1)], 21).await, [Placed::Waiting]);
    phones.report(*phone, vec![failed(2, "SIM not found")]).await;
    store.see_phone(*phone, Some(Health::Pass), at(300)).await.unwrap();
    let until = 20 + SIM_RESTS_FOR.as_secs();
    let placed = phones.queue(9, vec![text(4, 1)], until - 1).await;
    assert_eq!(placed, [Placed::Nowhere(NoSim::Away)]);
    assert_eq!(phones.queue(9, vec![text(4, 1)], until).await, [Placed::Waiting]);
    // Another card in its slot sends nothing before someone allows it.
    for (last_digits, sends) in [("1234", true), ("9876", false)] {
        let report = report(vec![card(1, last_digits)]);
        store.register_phone(KeyHash([1; 32]), KeyHash([2; 32]), report, at(3)).await.unwrap();
        assert_eq!(phones.world.only_phone().await.sims[0].sends, sends);
    }
}

pub async fn texts_of_a_phone_that_is_gone_are_nobody_s(rig: &impl Rig) {
    let phones = Phones::new(rig).await;
    let Phones { store, phone, .. } = &phones;
    phones.queue(9, vec![text(1, 1)], 1).await;
    phones.fetch(*phone, 2).await;
    phones.register(*phone, 1, 5).await;
    let waiting = store.sending_sims(at(3)).await.unwrap()[0].waiting;
    assert_eq!(waiting, 0, "the app that fetched it is gone");
    phones.queue(9, vec![text(2, 1)], 3).await;
    assert!(store.remove_phone(*phone, BY, at(4)).await.unwrap());
    // It may get the id of the removed one.
    let second = phones.second().await;
    assert_eq!(phones.fetch(second, 5).await, []);
    let left = store.phone_texts_fetched(vec![id(1), id(2)]).await.unwrap();
    assert_eq!(left, [(id(1), true)]);
}

pub async fn forgets_the_words_of_texts_that_are_no_longer_valid(rig: &impl Rig) {
    let phones = Phones::new(rig).await;
    let forget = async |secs| {
        phones.store.forget(at(secs).before(FORGET_AFTER), 9).await.unwrap();
        phones.fetch(phones.phone, 2).await.remove(0).text
    };
    phones.queue(9, vec![text(1, 1)], 1).await;
    assert_eq!(forget(3_600).await.as_str(), "Din kode er 1234");
    assert_eq!(forget(3_601).await.as_str(), "");
}

pub async fn keeps_the_furthest_state_that_a_phone_reports(rig: &impl Rig) {
    use PhoneTextState::{Delivered, Expired, Failed, Processed, Sent};
    let phones = Phones::new(rig).await;
    let Phones { store, phone, .. } = &phones;
    phones.queue(9, (1..5).map(|number| text(number, 2)).collect(), 1).await;
    phones.report(*phone, vec![of(id(1), Sent)]).await;
    assert_eq!(phones.news().await, [], "it has not fetched it");
    phones.fetch(*phone, 2).await;
    phones.report(PhoneId(99), vec![of(id(1), Failed)]).await;
    phones.report(*phone, vec![of(id(99), Failed), of(id(1), Processed)]).await;
    assert_eq!(phones.news().await, []);
    phones.report(*phone, vec![of(id(1), Delivered), of(id(1), Sent), of(id(1), Failed)]).await;
    let part = PhoneTextReport { is_of_part: true, ..of(id(2), Delivered) };
    phones.report(*phone, vec![part.clone(), part]).await;
    let code = Some("RESULT_ERROR_GENERIC_FAILURE".to_owned());
    let failed = PhoneTextReport { code: code.clone(), ..of(id(3), Failed) };
    phones.report(*phone, vec![failed, of(id(3), Sent), of(id(4), Expired)]).await;
    let mut news = phones.news().await;
    news.sort_unstable_by_key(|(id, _)| *id);
    assert_eq!(news, [(id(1), Delivered), (id(2), Sent), (id(3), Failed), (id(4), Expired)]);
    let whole = store.phone_text_news(CarrierName::new("phones"), 9).await.unwrap();
    let third = whole.iter().find(|news| news.id == id(3)).unwrap();
    assert_eq!((&third.code, third.to.digits()), (&code, 4_520_123_456));
    assert_eq!(store.phone_text_news(CarrierName::new("other"), 9).await.unwrap(), []);
    // The second one goes on before its receipt is stored.
    phones.report(*phone, vec![of(id(2), Delivered)]).await;
    store.phone_text_news_stored(news).await.unwrap();
    assert_eq!(phones.news().await, [(id(2), Delivered)]);
    store.phone_text_news_stored(vec![(id(2), Delivered)]).await.unwrap();
    assert_eq!(phones.news().await, []);
    // Someone asks for another attempt.
    let placed = phones.queue(9, vec![NewPhoneText { id: id(13), ..text(3, 1) }], 5).await;
    assert_eq!(placed, [Placed::Waiting]);
    assert!(store.forget(at(2), 9).await.unwrap() >= 4);
    assert_eq!(store.phone_texts_fetched(vec![id(1), id(13)]).await.unwrap(), [(id(13), false)]);
}
