//! Phones, their SIM cards, and the messages that they report.

use std::sync::Arc;

use domain::account::KeyHash;
use domain::account::operator::Action;
use domain::id::{InboundId, PhoneId};
use domain::inbound::{Party, Receivers};
use domain::money::Msat;
use domain::number::own::{Abilities, Line, NumberTerms};
use domain::number::pool::{LendNumber, LoanPurpose, PoolLine, PoolLoan, PoolTerms};
use domain::phone::{
    Health, NewPhone, Phone, PhoneMessage, PhoneMessageRecorded, PhoneReport, READY_FOR, SimReport,
};
use domain::ports::{AuditList, PortError};
use domain::secret::Secret;
use uuid::Uuid;

use super::Rig;
use super::world::{BY, World, at};

pub(super) const NUMBER: &str = "4520000001";

pub(super) const fn hash(number: u8) -> KeyHash {
    KeyHash([number; 32])
}

pub(super) fn card(sim: u8, card: &str) -> SimReport {
    SimReport { sim, network: Some("Cell".to_owned()), card: Some(card.to_owned()) }
}

pub(super) fn report(sims: Vec<SimReport>) -> PhoneReport {
    let (model, app_version) = (Some("Google/oriole".to_owned()), Some("1.68.0".to_owned()));
    PhoneReport { model, app_version, waits_for_push: false, sims }
}

pub(super) fn heard(phone: PhoneId, event: &str, text: &str) -> PhoneMessage {
    PhoneMessage {
        id: InboundId(Uuid::now_v7()),
        phone,
        event: event.to_owned(),
        message: "77e1ecad".to_owned(),
        from: Party::new("Telegram"),
        text: text.into(),
        sim: Some(1),
        recipient: None,
        sent_at: None,
        at: at(1),
    }
}

pub(super) fn wanted(id: u128, secs: u64) -> LendNumber {
    let terms = PoolTerms::default();
    LendNumber {
        id: Uuid::from_u128(id),
        line: PoolLine::Phone,
        purpose: LoanPurpose::Code,
        service: "tg".parse().unwrap(),
        countries: vec![],
        until: at(secs).after(terms.code_time),
        terms,
        share: Msat::new(700),
    }
}

impl World {
    pub(super) async fn phone(&self, name: &str, token: u8) -> PhoneId {
        let (name, secret) = (name.to_owned(), Secret::new("secret"));
        let new = NewPhone { name, owner: None, enrolment: hash(token), secret };
        self.store.add_phone(new, BY, at(0)).await.unwrap()
    }

    pub(super) async fn has_number(&self, phone: PhoneId, number: &str, test: Option<&str>) {
        let can =
            Abilities { receive: true, send: false, lend: true, rent: false, keywords: false };
        let line = Some(Line::Phone(phone.0));
        let country = "DK".parse().ok();
        let terms = NumberTerms { country, can, line, ..NumberTerms::default() };
        self.store.add_number(Party::new(number), terms, BY, at(0)).await.unwrap();
        let (number, test) = (Party::new(number), test.map(str::to_owned));
        assert!(self.store.set_sim_number(phone, 1, number, test, BY, at(0)).await.unwrap());
    }

    /// Its number is proven, and it has pinged.
    pub(super) async fn ready_phone(&self) -> PhoneId {
        let phone = self.phone("desk", 1).await;
        self.has_number(phone, NUMBER, None).await;
        self.store.see_phone(phone, Some(Health::Pass), at(0)).await.unwrap();
        phone
    }

    pub(super) async fn only_phone(&self) -> Phone {
        let [phone] = self.store.phones().await.unwrap().try_into().unwrap();
        phone
    }

    pub(super) async fn hear(&self, message: PhoneMessage, secs: u64) -> PhoneMessageRecorded {
        let receivers = Arc::<Receivers>::default();
        self.store.record_phone_message(message, receivers, at(secs)).await.unwrap()
    }

    pub(super) async fn lend_on_phone(&self, id: u128, secs: u64) -> Option<PoolLoan> {
        self.store.lend(wanted(id, secs), at(secs)).await.unwrap()
    }
}

pub async fn a_phone_registers_by_its_token_as_often_as_it_likes(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (store, id) = (&world.store, world.phone("desk", 1).await);
    let register = async |token| {
        let report = report(vec![card(1, "0001")]);
        store.register_phone(hash(1), hash(token), report, at(1)).await.unwrap()
    };
    assert_eq!(store.register_phone(hash(9), hash(8), report(vec![]), at(1)).await, Ok(None));
    let first = register(2).await.unwrap();
    assert_eq!((first.id, first.sims.len(), first.is_ready(at(1))), (id, 1, false));
    assert_eq!(store.phone_of_token(hash(2)).await.unwrap(), Some(first));
    assert_eq!(register(3).await.unwrap().id, id);
    assert_eq!(store.phone_of_token(hash(2)).await, Ok(None), "the token of before is dead");
    assert_eq!(store.phone_of_token(hash(1)).await, Ok(None), "it is for registering alone");
    assert!(store.set_phone_token(id, hash(4), BY, at(2)).await.unwrap());
    assert_eq!(register(5).await, None);
    assert!(store.phone_of_token(hash(3)).await.unwrap().is_some(), "it stays registered");
}

pub async fn a_phone_has_a_name_and_a_secret_of_its_own(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (store, id) = (&world.store, world.phone("desk", 1).await);
    let secret = Secret::new("other");
    let again = NewPhone { name: "desk".to_owned(), owner: None, enrolment: hash(2), secret };
    let again = store.add_phone(again, BY, at(0)).await;
    assert!(matches!(again, Err(PortError::Conflict(_))), "{again:?}");
    assert_eq!(store.phone_secret(id).await.unwrap(), Some(Secret::new("secret")));
    assert_eq!(store.phone_secret(PhoneId(99)).await, Ok(None));
    let other = rig.open().await;
    assert_eq!(other.phone_secret(id).await.unwrap(), Some(Secret::new("secret")));
}

pub async fn a_number_is_proven_by_its_text_until_the_card_is_changed(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (store, id) = (&world.store, world.phone("desk", 1).await);
    store.report_phone(id, report(vec![card(1, "0001")]), at(0)).await.unwrap();
    world.has_number(id, NUMBER, Some("BG-123456")).await;
    let proven = async || world.only_phone().await.sims[0].proven_at;
    let recorded = world.hear(heard(id, "e1", "hello"), 1).await;
    assert!(matches!(recorded, PhoneMessageRecorded::NoLine(_)), "{recorded:?}");
    assert_eq!(proven().await, None);
    let recorded = world.hear(heard(id, "e2", "my BG-123456"), 2).await;
    assert!(matches!(recorded, PhoneMessageRecorded::Proved(_)), "{recorded:?}");
    assert_eq!(proven().await, Some(at(2)));
    store.report_phone(id, report(vec![card(1, "0001")]), at(3)).await.unwrap();
    assert_eq!(proven().await, Some(at(2)));
    store.report_phone(id, report(vec![card(1, "0002")]), at(4)).await.unwrap();
    assert_eq!(proven().await, None);
}

pub async fn a_phone_s_message_is_stored_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let id = world.ready_phone().await;
    world.lend_on_phone(1, 1).await.unwrap();
    for (event, text, is_new) in [
        ("e1", "123456", true),
        ("e1", "123456", false),
        // Another event of the same message.
        ("e2", "123456", false),
        // Another message with the same hash.
        ("e3", "654321", true),
    ] {
        let recorded = world.hear(heard(id, event, text), 2).await;
        assert_eq!(recorded != PhoneMessageRecorded::Repeat, is_new, "{event} {text}");
    }
    let loan = world.store.loan(PoolLine::Phone, Uuid::from_u128(1), at(3)).await.unwrap().unwrap();
    let texts: Vec<_> = loan.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["123456", "654321"]);
    let due = world.store.due_pool_messages(PoolLine::Phone, 10).await.unwrap();
    assert_eq!(due.len(), 2);
}

pub async fn a_phone_s_message_without_a_certain_line_is_kept_and_of_no_loan(rig: &impl Rig) {
    let world = World::new(rig).await;
    let id = world.ready_phone().await;
    world.lend_on_phone(1, 1).await.unwrap();
    let no_sim = PhoneMessage { sim: None, ..heard(id, "e3", "3") };
    assert!(matches!(world.hear(no_sim, 2).await, PhoneMessageRecorded::Recorded(_)));
    let other_sim = PhoneMessage { sim: Some(2), ..heard(id, "e1", "1") };
    let recipient = Some(Party::new("+4529999999"));
    let disputed = PhoneMessage { recipient, ..heard(id, "e2", "2") };
    for message in [other_sim, disputed] {
        let recorded = world.hear(message, 2).await;
        assert!(matches!(recorded, PhoneMessageRecorded::NoLine(_)), "{recorded:?}");
    }
    assert_eq!(world.came_in().await.len(), 3);
    let loan = world.store.loan(PoolLine::Phone, Uuid::from_u128(1), at(3)).await.unwrap().unwrap();
    assert_eq!(loan.messages.len(), 1);
    assert_eq!(world.only_phone().await.sims[0].proven_at, None, "its number must be proven again");
}

pub async fn lends_numbers_of_phones_that_are_ready(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (store, id) = (&world.store, world.phone("desk", 1).await);
    world.has_number(id, NUMBER, Some("BG-1")).await;
    let see = async |health, secs| store.see_phone(id, Some(health), at(secs)).await.unwrap();
    see(Health::Pass, 0).await;
    assert_eq!(world.lend_on_phone(1, 1).await, None, "not proven");
    world.hear(heard(id, "e1", "BG-1"), 1).await;
    see(Health::Fail, 2).await;
    assert_eq!(world.lend_on_phone(2, 2).await, None, "not well");
    see(Health::Warn, 3).await;
    let silent = READY_FOR.as_secs() + 3;
    assert_eq!(world.lend_on_phone(3, silent).await, None, "not heard of lately");
    let carrier = LendNumber { line: PoolLine::Carrier, ..wanted(4, 4) };
    assert_eq!(store.lend(carrier, at(4)).await, Ok(None), "on no carrier");
    let loan = world.lend_on_phone(5, silent - 1).await.unwrap();
    assert_eq!(loan.number.digits().to_string(), NUMBER);
}

pub async fn a_phone_is_removed_with_its_numbers(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (store, id) = (&world.store, world.ready_phone().await);
    let other = world.phone("other", 2).await;
    let number = Party::new(NUMBER);
    let taken = store.set_sim_number(other, 1, number.clone(), None, BY, at(1)).await;
    assert!(matches!(taken, Err(PortError::Conflict(_))), "{taken:?}");
    assert!(store.set_sim_number(id, 2, number.clone(), None, BY, at(1)).await.unwrap());
    let sims = store.phones().await.unwrap()[0].sims.clone();
    let numbers: Vec<_> = sims.iter().map(|sim| (sim.sim, sim.number.is_some())).collect();
    assert_eq!(numbers, [(1, false), (2, true)], "the card was moved to the other slot");
    for is_there in [true, false] {
        assert_eq!(store.remove_phone(id, BY, at(2)).await.unwrap(), is_there);
    }
    assert_eq!(store.number(number).await.unwrap(), None);
    assert_eq!(world.only_phone().await.id, other);
    let list =
        AuditList { account: None, action: Some(Action::PhoneRemove), before: None, limit: 20 };
    assert_eq!(store.audit_log(list).await.unwrap().len(), 1);
}
