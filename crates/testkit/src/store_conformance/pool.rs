//! Loans of numbers of ours, and the messages that come to them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::inbound::{InboundBody, InboundPart, Party, Receiver, Receivers};
use domain::money::Msat;
use domain::number::own::{Abilities, Line, NumberState, NumberTerms};
use domain::number::pool::{LendNumber, LoanPurpose, PoolLine, PoolLoan, PoolLoanState, PoolTerms};
use domain::ports::{PoolStock, Store};
use domain::routing::CarrierName;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::Rig;
use super::inbound::whole;
use super::world::{BY, CARRIER, World, at};

pub(super) const LINE: PoolLine = PoolLine::Carrier;
pub(super) const FIRST: &str = "4520000001";
const SECOND: &str = "4520000002";
pub(super) const NONE: [Uuid; 0] = [];

pub(super) const TERMS: PoolTerms = PoolTerms {
    code_time: Duration::from_secs(1_500),
    rest: Duration::from_secs(100),
    cool_down: Duration::from_secs(10_000),
    quarantine: Duration::from_secs(5_000),
};

fn terms(country: &str) -> NumberTerms {
    NumberTerms {
        country: country.parse().ok(),
        can: Abilities { receive: true, send: false, lend: true, rent: true, keywords: false },
        line: Some(Line::Carrier(CarrierName::new(CARRIER))),
        ..NumberTerms::default()
    }
}

pub(super) fn wanted(id: u128, service: &str, secs: u64) -> LendNumber {
    LendNumber {
        id: Uuid::from_u128(id),
        line: LINE,
        purpose: LoanPurpose::Code,
        service: service.parse().unwrap(),
        countries: vec![],
        until: at(secs).after(TERMS.code_time),
        terms: TERMS,
        share: Msat::ZERO,
    }
}

pub(super) fn rented(id: u128, secs: u64, until: u64) -> LendNumber {
    LendNumber { purpose: LoanPurpose::Rent, until: at(until), ..wanted(id, "ot", secs) }
}

pub(super) fn text(to: &str, text: &str, secs: u64) -> InboundPart {
    let to = Party::new(to);
    InboundPart { to, from: Party::new("Telegram"), ..whole(text, at(secs)) }
}

/// Its own number is lent under this id.
pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

impl World {
    pub(super) async fn lends(&self, number: &str, country: &str) {
        self.store.add_number(Party::new(number), terms(country), BY, at(0)).await.unwrap();
    }

    pub(super) async fn lend(&self, wanted: LendNumber, secs: u64) -> Option<PoolLoan> {
        self.store.lend(wanted, at(secs)).await.unwrap()
    }

    pub(super) async fn lent(&self, wanted: LendNumber, secs: u64) -> String {
        self.lend(wanted, secs).await.expect("a number").number.digits().to_string()
    }

    pub(super) async fn loan_texts(&self, of: u128, secs: u64) -> Vec<String> {
        let loan = self.store.loan(LINE, id(of), at(secs)).await.unwrap().expect("a loan");
        loan.messages.into_iter().map(|message| message.text.as_str().to_owned()).collect()
    }

    pub(super) async fn in_stock(&self, service: &str, secs: u64) -> u64 {
        let stock = PoolStock {
            line: LINE,
            purpose: LoanPurpose::Code,
            service: service.parse().unwrap(),
            countries: vec![],
        };
        let stock = self.store.pool_stock(stock, at(secs)).await.unwrap();
        stock.into_iter().map(|(_, count)| count).sum()
    }
}

pub async fn lends_a_number_to_one_buyer_at_a_time(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    assert_eq!(world.in_stock("tg", 1).await, 1);
    let loan = world.lend(wanted(1, "tg", 1), 1).await.unwrap();
    assert_eq!(
        (loan.number.digits().to_string().as_str(), loan.state),
        (FIRST, PoolLoanState::Lent)
    );
    assert_eq!(world.lend(wanted(2, "wa", 2), 2).await, None, "for no other service either");
    assert_eq!(world.in_stock("wa", 2).await, 0);
    assert_eq!(world.lend(wanted(1, "tg", 3), 3).await, Some(loan.clone()), "a repeat");
    assert_eq!(world.store.loan(LINE, id(1), at(3)).await.unwrap(), Some(loan));
}

pub async fn a_number_rests_after_a_loan(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    world.lent(wanted(1, "tg", 1), 1).await;
    world.store.end_loan(LINE, id(1), TERMS, at(10)).await.unwrap();
    world.store.end_loan(LINE, id(1), TERMS, at(20)).await.unwrap();
    let loan = world.store.loan(LINE, id(1), at(20)).await.unwrap().unwrap();
    assert_eq!((loan.state, loan.ended_at), (PoolLoanState::Over, Some(at(10))));
    assert_eq!(world.lend(wanted(2, "tg", 109), 109).await, None);
    assert_eq!(world.in_stock("tg", 110).await, 1, "nothing came: not used up");
    world.lent(wanted(2, "tg", 110), 110).await;
}

pub async fn a_loan_ends_by_itself(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    world.lent(wanted(1, "tg", 0), 0).await;
    assert_eq!(world.take(&[text(FIRST, "late", 1_500)]).await.loans, NONE);
    assert_eq!(world.lend(wanted(2, "wa", 1_599), 1_599).await, None);
    world.lent(wanted(2, "wa", 1_600), 1_600).await;
    let first = world.store.loan(LINE, id(1), at(1_600)).await.unwrap().unwrap();
    assert_eq!((first.state, first.ended_at), (PoolLoanState::Over, Some(at(1_500))));
}

pub async fn a_text_to_a_number_on_loan_is_the_loan_s(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    assert_eq!(world.take(&[text(FIRST, "before", 1)]).await.loans, NONE);
    world.lent(wanted(1, "tg", 2), 2).await;
    let recorded = world.take(&[text(FIRST, "123456", 3), text(SECOND, "other", 3)]).await;
    assert_eq!(recorded.loans, [id(1)]);
    assert_eq!(world.take(&[text(FIRST, "654321", 4)]).await.loans, [id(1)]);
    assert_eq!(world.loan_texts(1, 5).await, ["123456", "654321"]);
    assert_eq!(world.came_in().await.len(), 4, "all are inbound messages");
    world.store.end_loan(LINE, id(1), TERMS, at(6)).await.unwrap();
    assert_eq!(world.take(&[text(FIRST, "after", 7)]).await.loans, NONE);
    assert_eq!(world.loan_texts(1, 8).await, ["123456", "654321"]);
}

pub async fn texts_of_loans_are_due_until_the_engine_has_them(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    world.lent(wanted(1, "tg", 1), 1).await;
    world.take(&[text(FIRST, "123456", 2)]).await;
    world.take(&[text(FIRST, "654321", 3)]).await;
    let due = async |line| world.store.due_pool_messages(line, 10).await.unwrap();
    assert_eq!(due(PoolLine::Phone).await, []);
    let both = due(LINE).await;
    let numbers: Vec<_> = both.iter().map(|(loan, message)| (*loan, message.number)).collect();
    assert_eq!(numbers, [(id(1), 1), (id(1), 2)]);
    for _ in 0..2 {
        world.store.pool_messages_delivered(LINE, vec![(id(1), 1)]).await.unwrap();
        assert_eq!(due(LINE).await, both[1..]);
    }
}

pub async fn a_repeated_part_is_one_text_of_the_loan(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    world.lent(wanted(1, "tg", 1), 1).await;
    let part = InboundPart { interrupted_at: at(9), ..text(FIRST, "123456", 2) };
    assert_eq!(world.take(std::slice::from_ref(&part)).await.loans, [id(1)]);
    assert_eq!(world.take(&[part]).await.loans, NONE);
    assert_eq!(world.loan_texts(1, 3).await, ["123456"]);
    let octets = InboundPart { body: InboundBody::Octets(vec![1, 2]), ..text(FIRST, "", 4) };
    assert_eq!(world.take(&[octets]).await.loans, NONE, "a code is a text");
}

pub async fn a_text_of_a_loan_is_shown_to_no_one_else(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    let account = world.account(Msat::ZERO).await.id;
    let target = Some(domain::event::Target::Callback { url: "https://a.example".to_owned() });
    let receiver = Receiver { account: Some(account), target, ..Receiver::default() };
    let numbers = [(Party::new(FIRST), receiver)].into();
    let receivers = Arc::new(Receivers { numbers, ..Receivers::default() });
    let before = world.take_as(&receivers, &[text(FIRST, "hello", 1)], at(1)).await;
    assert_eq!(before.events, 1);
    world.lent(wanted(1, "tg", 2), 2).await;
    let recorded = world.take_as(&receivers, &[text(FIRST, "123456", 3)], at(3)).await;
    assert_eq!((recorded.events, recorded.loans), (0, vec![id(1)]));
    assert_eq!(world.store.received(account, None, 10).await.unwrap().len(), 1);
}

pub async fn a_number_gives_one_code_per_service_until_it_cooled_down(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    world.lent(wanted(1, "tg", 1), 1).await;
    world.take(&[text(FIRST, "123456", 2)]).await;
    world.store.end_loan(LINE, id(1), TERMS, at(10)).await.unwrap();
    assert_eq!(world.lend(wanted(2, "tg", 200), 200).await, None);
    assert_eq!((world.in_stock("tg", 200).await, world.in_stock("wa", 200).await), (0, 1));
    world.lent(wanted(3, "wa", 200), 200).await;
    world.store.end_loan(LINE, id(3), TERMS, at(210)).await.unwrap();
    assert_eq!(world.lend(wanted(2, "tg", 10_001), 10_001).await, None);
    world.lent(wanted(2, "tg", 10_002), 10_002).await;
}

pub async fn a_rented_number_is_lent_for_nothing_else_and_then_quarantined(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    world.lent(rented(1, 0, 3_600), 0).await;
    assert_eq!(world.lend(wanted(2, "tg", 1), 1).await, None);
    for secs in [10, 20, 3_599] {
        let secs_text = format!("at {secs}");
        assert_eq!(world.take(&[text(FIRST, &secs_text, secs)]).await.loans, [id(1)]);
    }
    let until = at(7_200);
    let longer =
        world.store.extend_loan(LINE, id(1), until, TERMS, at(3_599)).await.unwrap().unwrap();
    assert_eq!((longer.until, longer.messages.len()), (until, 3));
    assert_eq!(world.take(&[text(FIRST, "still", 7_000)]).await.loans, [id(1)]);
    let late = world.store.extend_loan(LINE, id(1), at(9_000), TERMS, at(7_200)).await.unwrap();
    assert_eq!(late, None, "its time is up");
    assert_eq!(world.lend(wanted(2, "tg", 12_199), 12_199).await, None);
    world.lent(wanted(2, "tg", 12_200), 12_200).await;
    let calendar = world.store.loans_of(FIRST.parse().unwrap(), 10).await.unwrap();
    let purposes: Vec<_> = calendar.iter().map(|loan| loan.purpose).collect();
    assert_eq!(purposes, [LoanPurpose::Code, LoanPurpose::Rent]);
}

pub async fn lends_only_numbers_that_fit(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    world.lends(FIRST, "DK").await;
    world.lends("46700000001", "SE").await;
    world.lends("1919", "DK").await;
    let of = |change: fn(&mut NumberTerms)| {
        let mut terms = terms("DK");
        change(&mut terms);
        terms
    };
    for (number, terms) in [
        ("4520000011", of(|terms| terms.can.lend = false)),
        ("4520000012", of(|terms| terms.country = None)),
        ("4520000013", of(|terms| terms.line = Some(Line::Phone(7)))),
    ] {
        store.add_number(Party::new(number), terms, BY, at(0)).await.unwrap();
    }
    world.lends("4520000014", "DK").await;
    let disabled = Party::new("4520000014");
    store.set_number_state(disabled, NumberState::Disabled, BY, at(0)).await.unwrap();
    let danish = |id| LendNumber { countries: vec!["DK".parse().unwrap()], ..wanted(id, "tg", 1) };
    assert_eq!(world.lent(danish(1), 1).await, FIRST);
    assert_eq!(world.lend(danish(2), 1).await, None);
    assert_eq!(world.lent(wanted(3, "tg", 1), 1).await, "46700000001");
}

pub async fn numbers_that_bring_no_message_come_last(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    world.lends(SECOND, "DK").await;
    assert_eq!(world.lent(wanted(1, "tg", 1), 1).await, FIRST);
    world.store.end_loan(LINE, id(1), TERMS, at(2)).await.unwrap();
    for number in 2..5 {
        let secs = u64::try_from(number).unwrap() * 1_000;
        assert_eq!(
            world.lent(wanted(number, "wa", secs), secs).await,
            [SECOND, FIRST][usize::try_from(number).unwrap() % 2]
        );
        world.store.end_loan(LINE, id(number), TERMS, at(secs)).await.unwrap();
    }
    assert_eq!(world.lent(wanted(9, "tg", 9_000), 9_000).await, SECOND);
}

pub async fn an_id_that_had_no_number_never_gets_one(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    assert_eq!(world.store.loan(LINE, id(1), at(1)).await.unwrap(), None);
    assert_eq!(world.lend(wanted(1, "tg", 2), 2).await, None);
    world.store.end_loan(LINE, id(2), TERMS, at(2)).await.unwrap();
    assert_eq!(world.lend(wanted(2, "tg", 3), 3).await, None);
    assert_eq!(world.store.loan(LINE, id(2), at(3)).await.unwrap(), None);
    world.lent(wanted(3, "tg", 3), 3).await;
}

pub async fn a_clock_that_is_set_back_lends_nothing_twice(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    world.lent(wanted(1, "tg", 0), 0).await;
    world.lent(wanted(2, "wa", 9_000), 9_000).await;
    assert_eq!(world.take(&[text(FIRST, "123456", 10)]).await.loans, [id(2)]);
    assert_eq!(world.lend(wanted(3, "ig", 10), 10).await, None);
}

pub async fn many_buyers_at_once_get_each_number_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    for number in 0..10 {
        world.lends(&format!("45200001{number:02}"), "DK").await;
    }
    let stores: Vec<Arc<dyn Store>> = vec![world.store.clone(), rig.open().await];
    let mut buyers = JoinSet::new();
    for number in 0..100 {
        let store = stores[usize::try_from(number).unwrap() % 2].clone();
        buyers.spawn(async move { store.lend(wanted(number, "tg", 1), at(1)).await.unwrap() });
    }
    let lent: Vec<_> = buyers.join_all().await.into_iter().flatten().collect();
    let numbers: BTreeSet<_> = lent.iter().map(|loan| loan.number).collect();
    assert_eq!((lent.len(), numbers.len()), (10, 10));
}
