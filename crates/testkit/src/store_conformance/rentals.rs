//! Numbers that are rented: kept, cancelled, ended and extended.

use std::time::Duration;

use domain::activation::change::{NotCancellable, State};
use domain::activation::rental::RentalState;
use domain::activation::{NumberRequest, RentalTerm};
use domain::id::ActivationId;
use domain::ports::{Asking, BuyerWish, LoanNews, LoanReport, Snapshot, WishOutcome};
use domain::sale::order::OrderState;

use super::Rig;
use super::activation_world::{
    SUPPLIER, for_code, loan_of, message, named, number, rental, report,
};
use super::world::{NODE, World, at};

pub async fn a_rental_is_settled_at_its_first_message_or_after_twenty_minutes(rig: &impl Rig) {
    let world = World::new(rig).await;
    let messaged = world.paid_number(rental("full")).await;
    let kept = world.paid_number(rental("full")).await;
    world.assign(messaged, 0, at(2)).await;
    world.assign(kept, 1, at(2)).await;
    world.come(messaged, "1", "code 11111", at(3)).await;
    assert_eq!(world.state(messaged).await, OrderState::Fulfilled);
    world.say(kept, LoanNews::Unchanged, at(2 + 20 * 60 - 1)).await;
    assert_eq!(world.state(kept).await, OrderState::Working);
    let due = world.claim_due(at(2 + 20 * 60)).await;
    assert!(due.iter().any(|due| due.activation.order == kept), "its timer has run out");
    world.say(kept, LoanNews::Unchanged, at(2 + 20 * 60)).await;
    assert_eq!(world.state(kept).await, OrderState::Fulfilled);
    let id = world.id_of(kept).await;
    let (refused, _) =
        world.store.wish(id, None, BuyerWish::Cancel, at(2 + 20 * 60)).await.unwrap();
    assert_eq!(refused, WishOutcome::NotCancelled(NotCancellable::Kept));
    // It ends after its four hours, and its number rests for a day.
    let end = 2 + 4 * 60 * 60;
    world.say(kept, LoanNews::Unchanged, at(end)).await;
    let ended = world.activation_of(kept).await.unwrap();
    assert_eq!(ended.state, State::Rental(RentalState::Ended));
    let soon = at(end + 60);
    let next = world.number_paid_at(for_code("tg"), soon).await;
    assert_eq!(world.assign(next, 1, soon).await.lent_twice, 1);
    let rested = at(end + 24 * 60 * 60);
    let later = world.number_paid_at(for_code("tg"), rested).await;
    assert_eq!(world.assign(later, 1, rested).await.lent_twice, 0);
    world.must_be_sound().await;
}

pub async fn a_rental_is_cancelled_free_before_it_is_kept(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(rental("tg")).await;
    world.assign(order, 0, at(2)).await;
    let id = world.id_of(order).await;
    let cancel =
        async |time| world.store.wish(id, None, BuyerWish::Cancel, at(time)).await.unwrap().0;
    assert!(matches!(
        cancel(100).await,
        WishOutcome::NotCancelled(NotCancellable::TooEarly { .. })
    ));
    assert!(matches!(cancel(200).await, WishOutcome::Done(_)));
    assert_eq!(world.state(order).await, OrderState::Cancelling);
}

pub async fn an_extension_moves_the_end_of_its_rental(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(rental("full")).await;
    world.assign(order, 0, at(2)).await;
    let before = world.activation_of(order).await.unwrap();
    let extension = world.paid_number(NumberRequest {
        rental: Some(RentalTerm { duration: Duration::from_secs(3_600), extends: Some(before.id) }),
        ..rental("full")
    });
    let extension = extension.await;
    let due = world.claim_due(at(3)).await;
    let due = due.iter().find(|due| due.activation.order == extension).unwrap();
    let of = due.extends.as_ref().unwrap();
    assert_eq!((of.loan, of.until), (before.loan, before.until));
    world.mark(NODE, due.activation.id, SUPPLIER, at(3)).await;
    let mut loan = loan_of(0, at(2));
    loan.until = before.until.after(Duration::from_secs(3_600));
    let until = loan.until;
    world.say(extension, LoanNews::Extended(loan), at(4)).await;
    assert_eq!(world.state(extension).await, OrderState::Fulfilled);
    assert_eq!(world.state(order).await, OrderState::Fulfilled, "an extended rental is kept");
    assert_eq!(world.activation_of(order).await.unwrap().until, until);
    let seen = world.activation_of(extension).await.unwrap();
    assert_eq!((seen.number, seen.until), (Some(number(0)), until));
    assert!(seen.state.is_final());
    // Of a rental that has ended: the money goes back.
    let id = before.id;
    world.store.wish(id, None, BuyerWish::Finish, at(5)).await.unwrap();
    let late = world.paid_number(NumberRequest {
        rental: Some(RentalTerm { duration: Duration::from_secs(3_600), extends: Some(id) }),
        ..rental("full")
    });
    let late = late.await;
    let due = world.claim_due(at(6)).await;
    let due = due.iter().find(|due| due.activation.order == late).unwrap();
    assert_eq!(due.extends, None);
    world.mark(NODE, due.activation.id, SUPPLIER, at(6)).await;
    world.say(late, LoanNews::Extended(loan_of(0, at(2))), at(7)).await;
    assert_eq!(world.state(late).await, OrderState::Cancelling);
    world.must_be_sound().await;
}

/// Of a rental, by this time.
fn longer(rental_id: ActivationId, hours: u64) -> NumberRequest {
    let duration = Duration::from_secs(hours * 3_600);
    let rental_term = Some(RentalTerm { duration, extends: Some(rental_id) });
    NumberRequest { rental: rental_term, ..rental("full") }
}

pub async fn extensions_of_a_rental_follow_each_other(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(rental("full")).await;
    world.assign(order, 0, at(2)).await;
    let before = world.activation_of(order).await.unwrap();
    let first = world.paid_number(longer(before.id, 1)).await;
    let second = world.paid_number(longer(before.id, 1)).await;
    let (one, two) = (world.id_of(first).await, world.id_of(second).await);
    // Both are claimed with the same end of the rental.
    assert_eq!(world.claim_due(at(3)).await.len(), 2);
    assert_eq!(world.mark(NODE, one, SUPPLIER, at(3)).await, [true]);
    assert_eq!(world.mark(NODE, two, SUPPLIER, at(3)).await, [false], "one at a time");
    world.say(first, LoanNews::NoAnswer, at(4)).await;
    let due = world.claim_due(at(5)).await;
    assert!(due.iter().any(|due| due.activation.id == two), "it is due again");
    assert_eq!(world.mark(NODE, two, SUPPLIER, at(5)).await, [false], "the first is unknown");
    let mut loan = loan_of(0, at(2));
    loan.until = before.until.after(Duration::from_secs(3_600));
    // Claimed with the end before the first one.
    assert_eq!(world.claim_due(at(7)).await.len(), 1);
    world.say(first, LoanNews::Extended(loan.clone()), at(7)).await;
    let stale = vec![Asking {
        activation: two,
        supplier: named(SUPPLIER),
        rental_until: Some(before.until),
    }];
    let marked = world.store.mark_acquiring(NODE, stale, at(100), at(7)).await.unwrap();
    assert_eq!(marked, [false], "the end has moved");
    let due = world.claim_due(at(9)).await;
    let of = due.iter().find(|due| due.activation.id == two).unwrap();
    assert_eq!(of.extends.as_ref().map(|rental| rental.until), Some(loan.until));
    assert_eq!(world.mark(NODE, two, SUPPLIER, at(9)).await, [true]);
    loan.until = loan.until.after(Duration::from_secs(3_600));
    world.say(second, LoanNews::Extended(loan.clone()), at(10)).await;
    assert_eq!(world.activation_of(order).await.unwrap().until, loan.until, "two hours more");
    for order in [first, second] {
        assert_eq!(world.state(order).await, OrderState::Fulfilled);
    }
    world.must_be_sound().await;
}

pub async fn an_extension_that_moves_no_end_is_given_back(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(rental("full")).await;
    world.assign(order, 0, at(2)).await;
    let before = world.activation_of(order).await.unwrap();
    let extension = world.paid_number(longer(before.id, 4)).await;
    world.claim_due(at(3)).await;
    world.mark(NODE, world.id_of(extension).await, SUPPLIER, at(3)).await;
    world.say(extension, LoanNews::Extended(loan_of(0, at(2))), at(4)).await;
    assert_eq!(world.state(extension).await, OrderState::Cancelling);
    assert_eq!(world.activation_of(order).await.unwrap().until, before.until);
    world.must_be_sound().await;
}

pub async fn a_rental_does_not_end_while_it_is_extended(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(rental("full")).await;
    world.assign(order, 0, at(2)).await;
    let before = world.activation_of(order).await.unwrap();
    let end = 2 + 4 * 60 * 60;
    world.say(order, LoanNews::Unchanged, at(end - 60)).await;
    let extension = world.number_paid_at(longer(before.id, 1), at(end - 5)).await;
    world.claim_due(at(end - 5)).await;
    let id = world.id_of(extension).await;
    assert_eq!(world.mark(NODE, id, SUPPLIER, at(end - 5)).await, [true]);
    world.say(order, LoanNews::Unchanged, at(end + 1)).await;
    assert!(world.activation_of(order).await.unwrap().state.is_lent(), "its end waits");
    let due = world.claim_due(at(end + 1)).await;
    assert!(due.iter().all(|due| due.activation.order != order), "not at once");
    let mut loan = loan_of(0, at(2));
    loan.until = before.until.after(Duration::from_secs(3_600));
    world.say(extension, LoanNews::Extended(loan.clone()), at(end + 3)).await;
    let moved = world.activation_of(order).await.unwrap();
    assert!(moved.state.is_lent() && moved.until == loan.until);
    // Without an extension it ends.
    world.say(order, LoanNews::Unchanged, loan.until).await;
    let ended = world.activation_of(order).await.unwrap();
    assert_eq!(ended.state, State::Rental(RentalState::Ended));
}

pub async fn a_rental_is_not_begun_after_its_time(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (late, asked) = (rental("full"), rental("tg"));
    let (late, asked) = (world.paid_number(late).await, world.paid_number(asked).await);
    let end = at(1 + 21 * 60);
    world.claim_due(at(2)).await;
    world.mark(NODE, world.id_of(asked).await, SUPPLIER, at(2)).await;
    world.claim_due(end).await;
    let id = world.id_of(late).await;
    assert_eq!(world.mark(NODE, id, SUPPLIER, end).await, [false], "nobody is called for it");
    // A status says that the other one was lent.
    world.say(asked, LoanNews::Assigned(loan_of(0, end)), end).await;
    let found = world.activation_of(asked).await.unwrap();
    assert_eq!((found.state, found.number), (State::Rental(RentalState::Cancelled), None));
    assert_eq!(world.state(asked).await, OrderState::Cancelling);
    let due = world.claim_due(end).await;
    let of_asked = due.iter().find(|due| due.activation.order == asked).unwrap();
    assert!(of_asked.releases, "it goes back");
    world.must_be_sound().await;
}

pub async fn each_message_of_a_rental_is_an_event(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.paid_number(rental("full")).await;
    world.assign(order, 0, at(2)).await;
    world.deliver_all(at(2)).await;
    let texts = ["Your code is 48010", "Welcome", "Your code is 48011"];
    let messages = |range: std::ops::Range<usize>| {
        range.map(|nth| message(&nth.to_string(), texts[nth], at(3))).collect::<Vec<_>>()
    };
    // Two at once, the first of them again, and two reports in one change.
    let pushed = LoanReport { messages: messages(0..2), ..report(order, LoanNews::Pushed, at(3)) };
    let polled =
        LoanReport { messages: messages(0..3), ..report(order, LoanNews::Unchanged, at(3)) };
    let recorded = world.store.record_loans(vec![pushed, polled], at(3)).await.unwrap();
    assert_eq!(recorded.events, 3);
    assert_eq!(world.activation_of(order).await.unwrap().messages, 3);
    let mut told = Vec::new();
    for round in 0..3 {
        for event in world.deliver_all(at(10 + round)).await {
            let Snapshot::Order(order) = event.snapshot else { panic!() };
            let text = order.activation.unwrap().text;
            told.push(text.map(|text| text.as_str().to_owned()).unwrap_or_default());
        }
    }
    assert_eq!(told, texts);
    world.must_be_sound().await;
}
