//! Rentals: bought, read, ended.

use std::time::Duration;

use domain::activation::loan::LoanState;
use domain::money::Msat;
use domain::ports::{PortError, Supplier};
use uuid::Uuid;

use super::{House, UNIT, rental};

const LOAN: Uuid = Uuid::from_u128(1);

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 60 * 60)
}

#[tokio::test(start_paused = true)]
async fn rents_a_number_reads_its_messages_and_ends_it() {
    let house = House::new();
    let loan = house.supplier.acquire(rental(1, 4)).await.unwrap();
    assert_eq!(loan.cost, Msat::new(UNIT));
    assert_eq!(loan.until, loan.assigned_at.after(hours(4)));
    assert!(house.messages(1).await.is_empty());
    let (id, _) = house.north.rentals()[0];
    for number in 0..120 {
        house.north.send_to_rental(id, &format!("message {number}"));
    }
    let messages = house.messages(1).await;
    assert_eq!(messages.len(), 120);
    assert_eq!(messages[0].text.as_str(), "message 0", "oldest first");
    assert_eq!(messages[119].text.as_str(), "message 119");
    house.supplier.release(LOAN).await.unwrap();
    assert_eq!(house.north.rentals()[0].1.state, "STATUS_FINISH", "it cannot be cancelled");
    assert_eq!(house.status(1).await, Ok(LoanState::Over(Vec::new())));
}

#[tokio::test(start_paused = true)]
async fn a_rental_without_a_message_is_returned_for_nothing() {
    let house = House::new();
    house.supplier.acquire(rental(1, 4)).await.unwrap();
    for _ in 0..2 {
        house.supplier.release(LOAN).await.unwrap();
    }
    assert_eq!(house.north.balance(), 100_000);
}

#[tokio::test(start_paused = true)]
async fn a_rental_that_the_wholesaler_ends_is_over() {
    let house = House::new();
    house.supplier.acquire(rental(1, 4)).await.unwrap();
    house.north.end_rental(house.north.rentals()[0].0);
    assert_eq!(house.status(1).await, Ok(LoanState::Over(Vec::new())));
}

#[tokio::test(start_paused = true)]
async fn a_rental_above_the_limit_is_not_bought() {
    let house = House::new();
    let dear = domain::ports::Acquire { cost_max: Msat::new(UNIT), ..rental(1, 4) };
    assert!(matches!(house.supplier.acquire(dear).await, Err(PortError::Refused(_))));
    assert_eq!(house.north.count("getRentNumber"), 0);
}
