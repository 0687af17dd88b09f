//! Numbers are lent once for a service, whatever suppliers say.

use std::collections::BTreeSet;

use domain::id::OrderId;
use domain::ports::{
    ActivationList, Asking, BuyerWish, CreditOutcome, LoanNews, LoanReport, NodeVerdict,
};
use domain::reason::Reason;
use domain::sale::order::OrderState;

use super::Rig;
use super::activation_world::{
    NUMBER, SUPPLIER, for_code, loan_of, message, named, number, rental, report,
};
use super::world::{NODE, PRICE, World, at};

pub async fn a_number_is_lent_once_for_a_service(rig: &impl Rig) {
    let world = World::new(rig).await;
    let first = world.paid_number(for_code("tg")).await;
    let same = world.paid_number(for_code("tg")).await;
    let other = world.paid_number(for_code("wa")).await;
    let whole = world.paid_number(rental("full")).await;
    assert_eq!(world.assign(first, 0, at(2)).await.lent_twice, 0);
    let twice = world.assign(same, 0, at(2)).await;
    assert_eq!((twice.lent_twice, twice.decided), (1, 1));
    let refused = world.order(same).await;
    assert_eq!((refused.state, refused.reason), (OrderState::Cancelling, Some(Reason::NoNumber)));
    assert_eq!(world.activation_of(same).await.unwrap().number, None);
    assert_eq!(world.assign(other, 0, at(2)).await.lent_twice, 0, "another service");
    assert_eq!(world.assign(whole, 0, at(2)).await.lent_twice, 1, "a rental of all services");
    // After its end it is lent again.
    world.come(first, "1", "code 11111", at(3)).await;
    let id = world.id_of(first).await;
    world.store.wish(id, None, BuyerWish::Finish, at(4)).await.unwrap();
    let next = world.paid_number(for_code("tg")).await;
    assert_eq!(world.assign(next, 0, at(5)).await.lent_twice, 0);
    // A code for the finished one is its own.
    world.come(first, "2", "code 22222", at(6)).await;
    assert_eq!(world.activation_of(next).await.unwrap().messages, 0);
    assert_eq!(world.state(next).await, OrderState::Working);
    world.must_be_sound().await;
}

pub async fn believes_the_supplier_that_was_called_alone(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(for_code("tg")).await;
    world.assign(order, 0, at(2)).await;
    let mut other = report(order, LoanNews::Pushed, at(3));
    other.supplier = Some(named("other"));
    other.messages = vec![message("1", "code 11111", at(3))];
    let recorded = world.store.record_loans(vec![other], at(3)).await.unwrap();
    assert!(recorded.unknown.contains(&0));
    assert_eq!(world.activation_of(order).await.unwrap().messages, 0);
    // A message before its number is refused for now.
    let early = world.paid_number(for_code("tg")).await;
    let id = world.id_of(early).await;
    world.claim_due(at(4)).await;
    world.mark(NODE, id, SUPPLIER, at(4)).await;
    let recorded = world.come(early, "1", "code 11111", at(4)).await;
    assert!(recorded.early.contains(&0));
    assert_eq!(world.state(early).await, OrderState::Working);
}

pub async fn lists_an_account_s_numbers(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE.checked_mul(3).unwrap()).await;
    let mut orders = Vec::new();
    for wanted in [for_code("tg"), rental("full"), for_code("wa")] {
        orders.push(world.spend_on_number(account.id, wanted, None).await.0);
    }
    world.cancel(orders[0], Reason::CancelledByBuyer).await;
    let all =
        ActivationList { account: account.id, open: false, rentals: None, before: None, limit: 10 };
    let listed = async |list| {
        let found = world.store.activations(list).await.unwrap();
        found.into_iter().map(|found| found.order).collect::<Vec<_>>()
    };
    assert_eq!(listed(all).await, [orders[2], orders[1], orders[0]]);
    assert_eq!(listed(ActivationList { open: true, ..all }).await, [orders[2], orders[1]]);
    assert_eq!(listed(ActivationList { rentals: Some(true), ..all }).await, [orders[1]]);
    let before = Some(world.id_of(orders[2]).await);
    assert_eq!(listed(ActivationList { before, limit: 1, ..all }).await, [orders[1]]);
    let (first, last) = (world.id_of(orders[0]).await, world.id_of(orders[2]).await);
    assert!(first < last, "ids grow");
    world.must_be_sound().await;
}

pub async fn a_thousand_orders_get_ten_numbers_once_each(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE.checked_mul(1_000).unwrap()).await;
    let mut orders = Vec::new();
    for _ in 0..10 {
        let new: Vec<_> =
            (0..100).map(|_| world.new_credit_number(account.id, for_code("tg"), None)).collect();
        orders.extend(new.iter().map(|new| new.id));
        let outcomes = world.store.add_credit_activations(new).await.unwrap();
        assert!(outcomes.iter().all(|outcome| *outcome == CreditOutcome::Accepted));
    }
    let due = world.store.claim_activations(NODE, at(1), at(121), 1_000).await.unwrap();
    assert_eq!(due.len(), 1_000);
    let asking = due.iter().map(|due| Asking {
        activation: due.activation.id,
        supplier: named(SUPPLIER),
        rental_until: None,
    });
    let asking = asking.collect();
    let marked = world.store.mark_acquiring(NODE, asking, at(121), at(1)).await.unwrap();
    assert!(marked.iter().all(|marked| *marked));
    // A lying supplier: every number a hundred times.
    let lies: Vec<_> = (0_u64..)
        .zip(&orders)
        .map(|(nth, order)| report(*order, LoanNews::Assigned(loan_of(nth % 10, at(2))), at(100)))
        .collect();
    let (left, right) = lies.split_at(500);
    let (one, other) = tokio::join!(
        world.store.record_loans(left.to_vec(), at(2)),
        world.store.record_loans(right.to_vec(), at(2))
    );
    let lied = one.unwrap().lent_twice + other.unwrap().lent_twice;
    assert_eq!(lied, 990);
    let mut numbers = BTreeSet::new();
    for order in &orders {
        if let Some(number) = world.activation_of(*order).await.unwrap().number {
            assert!(numbers.insert(number), "lent twice");
        }
    }
    assert_eq!(numbers.len(), 10);
    let kept = world.balance(account.id).await;
    assert_eq!(kept.reserved, PRICE.checked_mul(10).unwrap());
    assert_eq!(kept.available, PRICE.checked_mul(990).unwrap());
    world.must_be_sound().await;
    assert_eq!(NUMBER + 9, number(9).digits());
}

pub async fn a_node_without_the_lease_frees_nothing(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(for_code("tg")).await;
    let id = world.id_of(order).await;
    world.store.claim_activations("slow", at(1), at(2), 10).await.unwrap();
    assert_eq!(world.claim_due(at(3)).await.len(), 1, "the lease is over");
    assert_eq!(world.mark(NODE, id, SUPPLIER, at(3)).await, [true]);
    // The slow node found no supplier, could not mark, and reads a status.
    let of_slow = |supplier: Option<&str>, news| {
        let (node, supplier) = (Some("slow".to_owned()), supplier.map(named));
        LoanReport { node, supplier, ..report(order, news, at(4)) }
    };
    for late in [
        of_slow(None, LoanNews::NoneLeft),
        of_slow(None, LoanNews::Unchanged),
        of_slow(Some(SUPPLIER), LoanNews::NoneLeft),
        of_slow(Some(SUPPLIER), LoanNews::NoAnswer),
    ] {
        world.store.record_loans(vec![late.clone()], at(4)).await.unwrap();
        assert_eq!(world.state(order).await, OrderState::Working, "{late:?}");
        assert!(world.claim_due(at(5)).await.is_empty(), "a call is under way: {late:?}");
    }
    // An assignment that is not believed is named, so that it goes back.
    let other = of_slow(Some("second"), LoanNews::Assigned(loan_of(1, at(5))));
    let recorded = world.store.record_loans(vec![other], at(5)).await.unwrap();
    assert!(recorded.unknown.contains(&0));
    world.say(order, LoanNews::Assigned(loan_of(0, at(5))), at(5)).await;
    assert_eq!(world.activation_of(order).await.unwrap().number, Some(number(0)));
    world.must_be_sound().await;
}

pub async fn a_number_of_a_lost_order_goes_back(rig: &impl Rig) {
    let world = World::new(rig).await;
    let with = world.paid_number(for_code("tg")).await;
    world.assign(with, 0, at(2)).await;
    let without = world.paid_number(for_code("tg")).await;
    for order in [with, without] {
        world.node_says(order, NodeVerdict::Cancelled).await;
        assert_eq!(world.state(order).await, OrderState::Lost);
        let found = world.activation_of(order).await.unwrap();
        let ended = (found.state.is_final(), found.reason);
        assert_eq!(ended, (true, Some(Reason::NodeRefunded)));
    }
    let due = world.claim_due(at(50)).await;
    assert_eq!(due.len(), 1, "no supplier is called for the other");
    assert!(due[0].activation.order == with && due[0].releases, "its number goes back");
    let next = world.paid_number(for_code("tg")).await;
    assert_eq!(world.assign(next, 0, at(51)).await.lent_twice, 0, "it is free");
    world.come(with, "1", "code 11111", at(52)).await;
    assert_eq!(world.state(with).await, OrderState::Lost);
    world.must_be_sound().await;
}

/// A whole number and its services at the same time.
pub async fn a_whole_number_is_rented_to_one_buyer(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (mut whole, mut single) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        whole.push(world.paid_number(rental("full")).await);
        single.push(world.paid_number(for_code("tg")).await);
    }
    for order in whole.iter().chain(&single) {
        let id = world.id_of(*order).await;
        world.claim_due(at(2)).await;
        assert_eq!(world.mark(NODE, id, SUPPLIER, at(2)).await, [true]);
    }
    for (nth, (whole, single)) in (0..).zip(whole.iter().zip(&single)) {
        let assign = async |order: OrderId| {
            let assigned = report(order, LoanNews::Assigned(loan_of(nth, at(3))), at(100));
            world.store.record_loans(vec![assigned], at(3)).await.unwrap().lent_twice
        };
        let (left, right) = tokio::join!(assign(*whole), assign(*single));
        assert_eq!(left + right, 1, "number {nth} is lent once");
    }
    world.must_be_sound().await;
}
