//! Numbers that are rented: kept, cancelled, ended and extended.

use std::time::Duration;

use domain::activation::change::{NotCancellable, State};
use domain::activation::rental::RentalState;
use domain::activation::{NumberRequest, RentalTerm};
use domain::ports::{BuyerWish, LoanNews, WishOutcome};
use domain::sale::order::OrderState;

use super::Rig;
use super::activation_world::{SUPPLIER, for_code, loan_of, number, rental};
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
    let next = world.paid_number(for_code("tg")).await;
    assert_eq!(world.assign(next, 1, at(end + 60)).await.lent_twice, 1);
    let later = world.paid_number(for_code("tg")).await;
    assert_eq!(world.assign(later, 1, at(end + 24 * 60 * 60)).await.lent_twice, 0);
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
