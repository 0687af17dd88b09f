//! A borrower gets what was meant for him, and nothing else: on carriers, and on phones.

use domain::inbound::{InboundPart, Join, JoinScheme, Party};
use domain::number::pool::{LendNumber, PoolLine};
use domain::phone::{Health, PhoneMessage, PhoneMessageRecorded};
use domain::ports::PortError;

use super::Rig;
use super::phones::{NUMBER, card, heard, report};
use super::pool::{FIRST, LINE, NONE, TERMS, id, rented, text, wanted};
use super::world::{BY, World, at};

/// Texts of a loan on a phone.
async fn texts_on_phone(world: &World, loan: u128, secs: u64) -> Vec<String> {
    let loan = world.store.loan(PoolLine::Phone, id(loan), at(secs)).await.unwrap().unwrap();
    loan.messages.into_iter().map(|message| message.text.as_str().to_owned()).collect()
}

pub async fn a_message_that_began_before_the_loan_is_not_the_borrowers(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    world.lent(wanted(1, "tg", 1), 1).await;
    let part = |number, secs| {
        let join = Join::new(JoinScheme::Udh8, 7, 2, number);
        InboundPart { join, ..text(FIRST, "123456", secs) }
    };
    assert_eq!(world.take(&[part(1, 10)]).await.loans, NONE);
    world.store.end_loan(LINE, id(1), TERMS, at(20)).await.unwrap();
    world.lent(wanted(2, "wa", 120), 120).await;
    let late = world.take(&[part(2, 130)]).await;
    assert_eq!((late.complete, late.loans, late.events), (1, vec![], 0));
    assert_eq!(world.loan_texts(2, 131).await, Vec::<String>::new());
    assert_eq!(world.came_in().await.len(), 1, "it is kept for the operator");
    assert_eq!(world.take(&[text(FIRST, "654321", 140)]).await.loans, [id(2)]);
    assert_eq!(world.loan_texts(2, 141).await, ["654321"]);
}

pub async fn a_text_that_the_network_took_before_the_loan_is_not_the_borrowers(rig: &impl Rig) {
    let world = World::new(rig).await;
    let phone = world.ready_phone().await;
    world.store.see_phone(phone, Some(Health::Pass), at(1_000)).await.unwrap();
    world.lend_on_phone(1, 1_000).await.unwrap();
    for (event, sent_at, text) in [
        ("e1", Some(at(879)), "of an earlier borrower"),
        ("e2", Some(at(880)), "by a clock that is slow"),
        ("e3", None, "without a time"),
        ("e4", Some(at(9_000)), "by a clock that is fast"),
    ] {
        let message = PhoneMessage { sent_at, at: at(1_001), ..heard(phone, event, text) };
        let recorded = world.hear(message, 1_001).await;
        assert!(matches!(recorded, PhoneMessageRecorded::Recorded(_)), "{recorded:?}");
    }
    let expected = ["by a clock that is slow", "without a time", "by a clock that is fast"];
    assert_eq!(texts_on_phone(&world, 1, 1_002).await, expected);
    assert_eq!(world.came_in().await.len(), 4);
}

pub async fn a_changed_card_brings_an_open_loan_nothing(rig: &impl Rig) {
    let world = World::new(rig).await;
    let phone = world.ready_phone().await;
    world.store.report_phone(phone, report(vec![card(1, "0001")]), at(1)).await.unwrap();
    world.lend_on_phone(1, 1).await.unwrap();
    world.hear(heard(phone, "e1", "123456"), 3).await;
    world.store.report_phone(phone, report(vec![card(1, "0002")]), at(4)).await.unwrap();
    let private = world.hear(heard(phone, "e2", "private"), 5).await;
    assert!(matches!(private, PhoneMessageRecorded::NoLine(_)), "{private:?}");
    assert_eq!(texts_on_phone(&world, 1, 6).await, ["123456"]);
    let destinations: Vec<_> = world.came_in().await.into_iter().map(|came| came.to).collect();
    let phone = Party::new(format!("phone {}", phone.0));
    assert_eq!(destinations, [phone, Party::new(NUMBER)]);
}

pub async fn a_text_without_a_sim_may_be_of_the_card_beside_the_lent_one(rig: &impl Rig) {
    let world = World::new(rig).await;
    let phone = world.ready_phone().await;
    let cards = vec![card(1, "0001"), card(2, "0002")];
    world.store.report_phone(phone, report(cards), at(1)).await.unwrap();
    world.lend_on_phone(1, 1).await.unwrap();
    let no_sim = PhoneMessage { sim: None, ..heard(phone, "e1", "private") };
    let recorded = world.hear(no_sim, 3).await;
    assert!(matches!(recorded, PhoneMessageRecorded::NoLine(_)), "{recorded:?}");
    assert_eq!(texts_on_phone(&world, 1, 4).await, Vec::<String>::new());
}

pub async fn the_text_that_proves_a_number_is_sold_to_nobody(rig: &impl Rig) {
    let world = World::new(rig).await;
    let phone = world.ready_phone().await;
    world.lend_on_phone(1, 1).await.unwrap();
    let test = Some("BG-123456".to_owned());
    world.store.set_sim_number(phone, 1, Party::new(NUMBER), test, BY, at(2)).await.unwrap();
    let recorded = world.hear(heard(phone, "e1", "BG-123456"), 3).await;
    assert!(matches!(recorded, PhoneMessageRecorded::Proved(_)), "{recorded:?}");
    assert_eq!(texts_on_phone(&world, 1, 4).await, Vec::<String>::new());
    world.hear(heard(phone, "e2", "123456"), 5).await;
    assert_eq!(texts_on_phone(&world, 1, 6).await, ["123456"], "it is proven again");
}

pub async fn a_rental_that_is_cancelled_unused_does_not_empty_the_pool(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.lends(FIRST, "DK").await;
    let end = async |loan, secs| world.store.end_loan(LINE, id(loan), TERMS, at(secs)).await;
    world.lent(rented(1, 0, 36_000), 0).await;
    end(1, 130).await.unwrap();
    assert_eq!(world.lend(wanted(2, "tg", 229), 229).await, None, "it rests");
    // Another one was kept and paid for, and a third one brought a message.
    world.lent(rented(3, 230, 36_000), 230).await;
    end(3, 230 + 20 * 60).await.unwrap();
    assert_eq!(world.lend(wanted(4, "tg", 6_429), 6_429).await, None, "in quarantine");
    world.lent(rented(5, 6_430, 36_000), 6_430).await;
    world.take(&[text(FIRST, "hello", 6_431)]).await;
    end(5, 6_440).await.unwrap();
    assert_eq!(world.lend(wanted(6, "tg", 11_439), 11_439).await, None, "in quarantine");
    world.lent(wanted(7, "ot", 11_440), 11_440).await;
}

pub async fn one_id_may_be_lent_on_both_lines(rig: &impl Rig) {
    let world = World::new(rig).await;
    let phone = world.ready_phone().await;
    let store = &world.store;
    assert_eq!(store.loan(LINE, id(1), at(1)).await, Ok(None), "never there from now on");
    let on_phone = world.lend_on_phone(1, 1).await.unwrap();
    assert_eq!(store.loan(PoolLine::Phone, id(1), at(2)).await, Ok(Some(on_phone)));
    assert_eq!(store.loan(LINE, id(1), at(2)).await, Ok(None));
    store.end_loan(PoolLine::Phone, id(1), TERMS, at(3)).await.unwrap();

    world.lends("4520000002", "DK").await;
    world.lent(wanted(5, "tg", 200), 200).await;
    world.take(&[text("4520000002", "first", 201)]).await;
    store.end_loan(LINE, id(5), TERMS, at(202)).await.unwrap();
    store.see_phone(phone, Some(Health::Pass), at(202)).await.unwrap();
    world.lend_on_phone(5, 203).await.unwrap();
    world.hear(PhoneMessage { at: at(204), ..heard(phone, "e1", "second") }, 204).await;
    assert_eq!(texts_on_phone(&world, 5, 205).await, ["second"]);
    assert_eq!(world.loan_texts(5, 205).await, ["first"]);
    store.pool_messages_delivered(LINE, vec![(id(5), 1)]).await.unwrap();
    let due = async |line| store.due_pool_messages(line, 10).await.unwrap().len();
    assert_eq!((due(LINE).await, due(PoolLine::Phone).await), (0, 1));
}

pub async fn a_number_in_two_spellings_is_lent_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    // Both are the same Mexican number.
    world.lends("5215512345678", "MX").await;
    world.lends("525512345678", "MX").await;
    world.lent(wanted(1, "tg", 1), 1).await;
    assert_eq!(world.lend(wanted(2, "wa", 2), 2).await, None);
    world.store.end_loan(LINE, id(1), TERMS, at(3)).await.unwrap();
    assert_eq!(world.lend(wanted(3, "wa", 102), 102).await, None, "it rests");
    world.lent(wanted(4, "wa", 103), 103).await;
}

pub async fn numbers_that_cannot_be_lent_hide_no_others(rig: &impl Rig) {
    let world = World::new(rig).await;
    for number in 0..45 {
        world.lends(&format!("00000{number:02}"), "DK").await;
    }
    world.lends(FIRST, "DK").await;
    assert_eq!(world.lent(wanted(1, "tg", 1), 1).await, FIRST);
    let second = LendNumber { id: id(2), ..wanted(2, "wa", 2) };
    assert!(matches!(world.store.lend(second, at(2)).await, Ok::<_, PortError>(None)));
}
