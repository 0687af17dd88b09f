//! What owners of phones earn: once, when the order of a number is settled.

use domain::activation::loan::{Loan, LoanMessage};
use domain::activation::{Code, CountryCode, NumberRequest, SupplierName};
use domain::id::{AccountId, OrderId, PhoneId};
use domain::money::Msat;
use domain::number::pool::LendNumber;
use domain::phone::{Health, NewPhone};
use domain::ports::{Asking, LoanNews, LoanReport, NodeVerdict};
use domain::sale::order::OrderState;
use domain::secret::Secret;
use uuid::Uuid;

use super::Rig;
use super::phones::{NUMBER, hash, wanted};
use super::world::{BY, NODE, PRICE, World, at};

const SHARE: Msat = Msat::new(700);

/// A ready phone of this account.
async fn phone_of(world: &World, owner: AccountId) -> PhoneId {
    let (enrolment, secret) = (hash(1), Secret::new("secret"));
    let new = NewPhone { name: "desk".to_owned(), owner: Some(owner), enrolment, secret };
    let phone = world.store.add_phone(new, BY, at(0)).await.unwrap();
    world.has_number(phone, NUMBER, None).await;
    world.store.see_phone(phone, Some(Health::Pass), at(0)).await.unwrap();
    phone
}

fn for_code() -> NumberRequest {
    NumberRequest::for_code("tg".parse().unwrap(), None)
}

fn reported(loan: Uuid, news: LoanNews, messages: Vec<LoanMessage>) -> LoanReport {
    LoanReport {
        loan,
        node: Some(NODE.to_owned()),
        supplier: Some(SupplierName::new("phones")),
        news,
        messages,
        due_at: at(100),
    }
}

/// The phone's number is lent for the order. Returns the loan.
async fn lend_for(world: &World, order: OrderId) -> Uuid {
    let (store, supplier) = (&world.store, SupplierName::new("phones"));
    let activation = store.activation_of_order(order).await.unwrap().unwrap();
    assert_eq!(store.claim_activations(NODE, at(1), at(60), 10).await.unwrap().len(), 1);
    let asking = Asking { activation: activation.id, supplier, rental_until: None };
    let marked = store.mark_acquiring(NODE, vec![asking], at(60), at(1)).await;
    assert_eq!(marked.unwrap(), [true]);
    let lend = LendNumber { id: activation.loan, share: SHARE, ..wanted(0, 1) };
    let lent = store.lend(lend, at(1)).await.unwrap().unwrap();
    let loan = Loan {
        number: lent.number,
        country: CountryCode(1),
        cost: Msat::ZERO,
        assigned_at: at(1),
        until: lent.until,
    };
    let report = reported(activation.loan, LoanNews::Assigned(loan), vec![]);
    store.record_loans(vec![report], at(1)).await.unwrap();
    activation.loan
}

async fn code_comes(world: &World, loan: Uuid, key: &str, secs: u64) {
    let (key, text) = (key.to_owned(), "Telegram code 12345".into());
    let message = LoanMessage { key, text, code: Some(Code::new("12345")), at: at(secs) };
    let report = reported(loan, LoanNews::Unchanged, vec![message]);
    world.store.record_loans(vec![report], at(secs)).await.unwrap();
}

pub async fn the_owner_of_a_phone_earns_once_of_a_sold_code(rig: &impl Rig) {
    let world = World::new(rig).await;
    let owner = world.account(Msat::ZERO).await.id;
    phone_of(&world, owner).await;
    let buyer = world.account(PRICE).await.id;
    let (order, _) = world.spend_on_number(buyer, for_code(), None).await;
    let loan = lend_for(&world, order).await;
    let earned = async || world.balance(owner).await.available;
    assert_eq!(earned().await, Msat::ZERO);
    // The same code, then another one.
    for (secs, key) in [(2, "1"), (3, "1"), (4, "2")] {
        code_comes(&world, loan, key, secs).await;
        assert_eq!(earned().await, SHARE, "at {secs}");
    }
    world.must_be_sound().await;
}

pub async fn the_owner_of_a_phone_earns_when_the_node_has_settled(rig: &impl Rig) {
    let world = World::new(rig).await;
    let owner = world.account(Msat::ZERO).await.id;
    let phone = phone_of(&world, owner).await;
    let order = world.paid_number(for_code()).await;
    let loan = lend_for(&world, order).await;
    code_comes(&world, loan, "1", 20).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
    assert_eq!(world.balance(owner).await.available, Msat::ZERO, "we have earned nothing yet");
    // Whatever becomes of the phone meanwhile.
    assert!(world.store.remove_phone(phone, BY, at(30)).await.unwrap());
    for _ in 0..2 {
        world.node_says(order, NodeVerdict::Settled).await;
        assert_eq!(world.balance(owner).await.available, SHARE);
    }
    world.must_be_sound().await;
}

pub async fn the_owner_of_a_phone_earns_nothing_of_a_payment_lost_before_the_code(rig: &impl Rig) {
    earns_nothing(rig, false).await;
}

pub async fn the_owner_of_a_phone_earns_nothing_of_a_payment_lost_after_the_code(rig: &impl Rig) {
    earns_nothing(rig, true).await;
}

async fn earns_nothing(rig: &impl Rig, code_is_first: bool) {
    let world = World::new(rig).await;
    let owner = world.account(Msat::ZERO).await.id;
    phone_of(&world, owner).await;
    let order = world.paid_number(for_code()).await;
    let loan = lend_for(&world, order).await;
    if code_is_first {
        code_comes(&world, loan, "1", 20).await;
    }
    world.node_says(order, NodeVerdict::Cancelled).await;
    code_comes(&world, loan, "2", 50).await;
    assert_eq!(world.state(order).await, OrderState::Lost);
    assert_eq!(world.balance(owner).await.available, Msat::ZERO);
    world.must_be_sound().await;
}
