//! Numbers on loan: begun with the payment, acquired once, and decided with their orders.

use std::time::Duration;

use domain::activation::change::{NotCancellable, State};
use domain::activation::state::ActivationState;
use domain::money::Msat;
use domain::ports::{
    ActivationMessageList, BuyerWish, CancelOutcome, CreditOutcome, LoanNews, NodeVerdict,
    Snapshot, SuccessCount, WishOutcome,
};
use domain::reason::Reason;
use domain::sale::order::OrderState;

use super::Rig;
use super::activation_world::{SUPPLIER, for_code, loan_of, named, number, report};
use super::world::{NODE, PRICE, World, at, balance};

pub async fn a_number_is_begun_with_its_payment(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.open_number(for_code("tg")).await;
    assert!(world.activation_of(order).await.is_none(), "nothing is begun before the payment");
    assert!(world.claim_due(at(1)).await.is_empty());
    world.hold(order, None).await;
    let activation = world.activation_of(order).await.unwrap();
    assert_eq!(activation.state, State::Activation(ActivationState::Paid));
    assert_eq!((activation.order, activation.loan), (order, order.loan()));
    assert_eq!(activation.until, at(1).after(Duration::from_secs(21 * 60)));
    assert_eq!(world.state(order).await, OrderState::Working);
    let due = world.claim_due(at(1)).await;
    assert_eq!(due.len(), 1);
    assert_eq!((&due[0].activation, due[0].tried.len(), due[0].releases), (&activation, 0, false));
    let events = world.due_events(at(1)).await;
    let Snapshot::Order(paid) = &events[0].snapshot else { panic!() };
    assert_eq!(paid.activation, Some(activation.view()));
    // A repeat changes nothing.
    world.hold(order, None).await;
    assert!(world.claim_due(at(2)).await.is_empty());
}

pub async fn spends_credit_for_a_number(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let (order, outcome) = world.spend_on_number(account.id, for_code("tg"), None).await;
    assert_eq!(outcome, CreditOutcome::Accepted);
    assert_eq!(world.balance(account.id).await, balance(Msat::ZERO, PRICE));
    let (_, short) = world.spend_on_number(account.id, for_code("tg"), None).await;
    assert_eq!(short, CreditOutcome::Insufficient { available: Msat::ZERO });
    assert_eq!(world.claim_due(at(1)).await.len(), 1, "nothing of the other is stored");
    world.assign(order, 0, at(1)).await;
    world.come(order, "1", "Your code is 48010", at(2)).await;
    assert_eq!(world.state(order).await, OrderState::Settled);
    let spent = balance(Msat::ZERO, Msat::ZERO);
    assert_eq!(world.balance(account.id).await, spent);
    world.must_be_sound().await;
}

pub async fn a_request_for_a_number_spends_credit_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let (order, first) = world.spend_on_number(account.id, for_code("tg"), Some("key")).await;
    let (_, repeat) = world.spend_on_number(account.id, for_code("tg"), Some("key")).await;
    assert_eq!((first, repeat), (CreditOutcome::Accepted, CreditOutcome::Repeat(order)));
    let keys = world.store.order_keys(vec![order]).await;
    assert_eq!(keys, Ok(vec![(order, "key".to_owned())]));
    let poor = world.account(Msat::ZERO).await;
    for _ in 0..2 {
        let (_, short) = world.spend_on_number(poor.id, for_code("tg"), Some("other")).await;
        assert!(matches!(short, CreditOutcome::Insufficient { .. }), "a refused key is free");
    }
    world.must_be_sound().await;
}

pub async fn stores_a_supplier_before_it_is_called_and_calls_each_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(for_code("tg")).await;
    let id = world.id_of(order).await;
    assert_eq!(world.mark("other", id, SUPPLIER, at(1)).await, [false], "no lease");
    assert_eq!(world.claim_due(at(1)).await.len(), 1);
    assert_eq!(world.mark("other", id, SUPPLIER, at(1)).await, [false], "the lease of another");
    assert_eq!(world.mark(NODE, id, SUPPLIER, at(1)).await, [true]);
    assert_eq!(world.mark(NODE, id, SUPPLIER, at(1)).await, [false], "called before");
    assert_eq!(world.mark(NODE, id, "second", at(1)).await, [true]);
    let activation = world.activation_of(order).await.unwrap();
    assert_eq!(activation.state, State::Activation(ActivationState::Acquiring));
    assert_eq!(activation.supplier, Some(named("second")));
    // The process dies: after the lease another one asks the last supplier.
    assert!(world.claim_due(at(100)).await.is_empty());
    let due = world.claim_due(at(200)).await;
    assert_eq!(due[0].tried, [named(SUPPLIER), named("second")]);
    assert_eq!(due[0].activation.state, State::Activation(ActivationState::Acquiring));
}

pub async fn frees_the_leases_of_a_node(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.paid_number(for_code("tg")).await;
    assert_eq!(world.claim_due(at(1)).await.len(), 1);
    let free = async |node| world.store.release_activation_leases(node, at(2)).await.unwrap();
    assert_eq!((free("other").await, free(NODE).await, free(NODE).await), (0, 1, 0));
    assert_eq!(world.claim_due(at(2)).await.len(), 1);
}

pub async fn a_code_fulfils_the_order_of_a_number(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(for_code("tg")).await;
    world.assign(order, 0, at(2)).await;
    let waiting = world.activation_of(order).await.unwrap();
    assert_eq!(waiting.state, State::Activation(ActivationState::Waiting));
    assert_eq!((waiting.number, waiting.assigned_at), (Some(number(0)), Some(at(2))));
    assert_eq!(world.state(order).await, OrderState::Working);
    let recorded = world.come(order, "1", "Your code is 48010", at(3)).await;
    assert_eq!((recorded.decided, recorded.events), (1, 1));
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
    let found = world.activation_of(order).await.unwrap();
    assert_eq!(found.code.as_ref().map(|code| code.as_str()), Some("48010"));
    assert_eq!(world.order(order).await.fulfilment.activation(), Some(&found.view()));
    let ended = world.node_says(order, NodeVerdict::Settled).await;
    assert_eq!(ended, [(order, OrderState::Settled)]);
    let told: Vec<_> = world.deliver_all(at(50)).await;
    let seen = told.iter().map(|event| match &event.snapshot {
        Snapshot::Order(order) => {
            let view = order.activation.as_ref().unwrap();
            (view.number.is_some(), view.messages)
        }
        _ => panic!(),
    });
    assert_eq!(seen.collect::<Vec<_>>(), [(false, 0), (true, 0), (true, 1)]);
    world.must_be_sound().await;
}

pub async fn keeps_each_message_of_a_number_once_and_late_ones_free(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(for_code("tg")).await;
    world.assign(order, 0, at(2)).await;
    world.come(order, "1", "code 11111", at(3)).await;
    world.come(order, "1", "code 11111", at(4)).await;
    world.come(order, "2", "code 22222", at(5)).await;
    let id = world.id_of(order).await;
    let (finished, _) = world.store.wish(id, None, BuyerWish::Finish, at(6)).await.unwrap();
    assert!(matches!(finished, WishOutcome::Done(_)), "{finished:?}");
    let late = world.come(order, "3", "code 33333", at(7)).await;
    assert_eq!((late.decided, late.settled), (0, 0));
    let list = ActivationMessageList { activation: id, after: 1, limit: 10 };
    let kept = world.store.activation_messages(list).await.unwrap();
    let codes: Vec<_> =
        kept.iter().map(|of| (of.number, of.code.as_ref().unwrap().as_str())).collect();
    assert_eq!(codes, [(2, "22222"), (3, "33333")]);
    let found = world.activation_of(order).await.unwrap();
    assert_eq!(found.state, State::Activation(ActivationState::Finished));
    assert_eq!(found.messages, 3);
}

pub async fn an_order_without_a_number_is_given_back(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let (order, _) = world.spend_on_number(account.id, for_code("tg"), None).await;
    let id = world.id_of(order).await;
    world.claim_due(at(1)).await;
    world.mark(NODE, id, SUPPLIER, at(1)).await;
    let recorded = world.say(order, LoanNews::NoNumber, at(1)).await;
    assert_eq!(recorded.due, 1, "the next supplier is called at once");
    let due = world.claim_due(at(1)).await;
    assert_eq!((due[0].activation.supplier.clone(), due[0].tried.len()), (None, 1));
    let mut none_left = report(order, LoanNews::NoneLeft, at(2));
    none_left.supplier = None;
    let recorded = world.store.record_loans(vec![none_left], at(2)).await.unwrap();
    assert_eq!(recorded.cancelled, 1);
    let found = world.order(order).await;
    assert_eq!((found.state, found.reason), (OrderState::Cancelled, Some(Reason::NoNumber)));
    assert_eq!(world.balance(account.id).await.available, PRICE);
    assert!(world.claim_due(at(10_000)).await.is_empty(), "nothing is due any more");
    world.must_be_sound().await;
}

pub async fn a_number_is_cancelled_when_that_is_possible(rig: &impl Rig) {
    let world = World::new(rig).await;
    // Without a number: at once.
    let order = world.paid_number(for_code("tg")).await;
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::Cancelled);
    assert_eq!(world.state(order).await, OrderState::Cancelling);
    let again = world.cancel(order, Reason::CancelledByBuyer).await;
    assert_eq!(again, CancelOutcome::Already(OrderState::Cancelling));
    // With one: from two minutes on, by the order's id or its own.
    let order = world.paid_number(for_code("tg")).await;
    world.assign(order, 0, at(2)).await;
    let early = NotCancellable::TooEarly { from: at(122) };
    let refused = world.cancel(order, Reason::CancelledByBuyer).await;
    assert_eq!(refused, CancelOutcome::NotCancellable(early));
    let id = world.id_of(order).await;
    let cancel =
        async |time| world.store.wish(id, None, BuyerWish::Cancel, at(time)).await.unwrap().0;
    assert_eq!(cancel(121).await, WishOutcome::NotCancelled(early));
    assert!(matches!(cancel(122).await, WishOutcome::Done(_)));
    assert_eq!(world.state(order).await, OrderState::Cancelling);
    let due = world.claim_due(at(122)).await;
    assert!(due[0].releases, "its supplier does not know yet");
    world.say(order, LoanNews::Released, at(123)).await;
    assert!(world.claim_due(at(10_000)).await.is_empty());
    // A code that comes now is kept, and changes nothing.
    world.come(order, "1", "code 11111", at(124)).await;
    assert_eq!(world.state(order).await, OrderState::Cancelling);
    assert_eq!(world.activation_of(order).await.unwrap().messages, 1);
    // Never once a code has come.
    let order = world.paid_number(for_code("tg")).await;
    world.assign(order, 1, at(2)).await;
    world.come(order, "1", "code 11111", at(3)).await;
    let (refused, _) =
        world.store.wish(world.id_of(order).await, None, BuyerWish::Cancel, at(200)).await.unwrap();
    assert_eq!(refused, WishOutcome::NotCancelled(NotCancellable::CodeCame));
    let refused = world.cancel(order, Reason::CancelledByBuyer).await;
    assert_eq!(refused, CancelOutcome::Already(OrderState::Fulfilled));
    world.must_be_sound().await;
}

pub async fn a_number_that_comes_after_the_cancel_is_released(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(for_code("tg")).await;
    let id = world.id_of(order).await;
    world.claim_due(at(1)).await;
    world.mark(NODE, id, SUPPLIER, at(1)).await;
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::Cancelled);
    assert!(world.claim_due(at(40)).await.is_empty(), "its supplier is being called");
    world.say(order, LoanNews::Assigned(loan_of(0, at(41))), at(41)).await;
    let found = world.activation_of(order).await.unwrap();
    assert_eq!(found.state, State::Activation(ActivationState::Cancelled));
    assert_eq!(found.number, None);
    let due = world.claim_due(at(41)).await;
    assert!(due.len() == 1 && due[0].releases, "{due:?}");
    // The same without an answer: after the lease.
    let order = world.paid_number(for_code("tg")).await;
    let id = world.id_of(order).await;
    world.claim_due(at(50)).await;
    world.mark(NODE, id, SUPPLIER, at(50)).await;
    world.cancel(order, Reason::CancelledByBuyer).await;
    let due = world.claim_due(at(500)).await;
    assert!(due.iter().any(|due| due.activation.id == id && due.releases), "{due:?}");
}

pub async fn time_ends_a_number_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let without = world.paid_number(for_code("tg")).await;
    let with = world.paid_number(for_code("tg")).await;
    world.assign(without, 0, at(2)).await;
    world.assign(with, 1, at(2)).await;
    world.come(with, "1", "code 11111", at(3)).await;
    let end = 1 + 21 * 60;
    assert!(world.claim_due(at(end - 1)).await.is_empty());
    assert_eq!(world.claim_due(at(end)).await.len(), 2);
    for order in [without, with] {
        world.say(order, LoanNews::Unchanged, at(end)).await;
    }
    let state = async |order| world.activation_of(order).await.unwrap().state;
    assert_eq!(state(without).await, State::Activation(ActivationState::Expired));
    assert_eq!(state(with).await, State::Activation(ActivationState::Finished));
    let expired = world.order(without).await;
    assert_eq!((expired.state, expired.reason), (OrderState::Cancelling, Some(Reason::NoCode)));
    assert_eq!(world.state(with).await, OrderState::Fulfilled);
    assert!(world.claim_due(at(end)).await.iter().all(|due| due.releases));
    let count = async |since| {
        world.store.success_count("tg".parse().unwrap(), None, at(since)).await.unwrap()
    };
    assert_eq!(count(0).await, SuccessCount { ended: 2, with_code: 1 });
    assert_eq!(count(end + 1).await, SuccessCount::default());
}

pub async fn waits_for_another_code_without_giving_money_back(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(for_code("tg")).await;
    let id = world.id_of(order).await;
    let next_after = async |seen, time| {
        let wish = BuyerWish::AwaitNext { seen };
        world.store.wish(id, None, wish, at(time)).await.unwrap().0
    };
    let next = async |time| next_after(1, time).await;
    assert_eq!(next_after(0, 1).await, WishOutcome::NoCode);
    world.assign(order, 0, at(2)).await;
    world.come(order, "1", "code 11111", at(3)).await;
    // The code came after the buyer looked.
    assert!(matches!(next_after(0, 4).await, WishOutcome::Done(_)));
    assert_eq!(
        world.activation_of(order).await.unwrap().state,
        State::Activation(ActivationState::Code)
    );
    assert!(matches!(next(4).await, WishOutcome::Done(_)));
    assert!(matches!(next(4).await, WishOutcome::Done(_)), "a repeat");
    assert_eq!(
        world.activation_of(order).await.unwrap().state,
        State::Activation(ActivationState::WaitingNext)
    );
    let end = 1 + 21 * 60;
    world.say(order, LoanNews::Unchanged, at(end)).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
    assert_eq!(next(end).await, WishOutcome::Ended);
    let of_nobody = world.account(PRICE).await;
    let wish = world.store.wish(id, Some(of_nobody.id), BuyerWish::Finish, at(5)).await.unwrap();
    assert_eq!(wish.0, WishOutcome::NoSuchActivation);
}
