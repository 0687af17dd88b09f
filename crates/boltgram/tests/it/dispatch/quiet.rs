//! Quiet hours delay campaigns, however few their recipients, but not codes.

use domain::message::Lane;
use domain::message::quiet::{Quiet, QuietHours};
use domain::message::recipient::RecipientState;
use domain::ports::Carrier;
use domain::reason::Reason;
use domain::routing::Route;

use super::house::House;
use super::line::{Line, Plan};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_waits_for_the_morning_and_a_code_does_not() {
    let line = Line::new("main", Plan::Deliver);
    // The clock starts at noon.
    let quiet = Quiet::new("11:00", "14:00", "UTC").unwrap();
    let quiet = QuietHours::new([("45".to_owned(), quiet)]);
    let route = Route::in_order("", [line.name().clone()]);
    let house = House::quiet(&[&line], route, quiet).await;
    house.engine.start().await.unwrap();
    let shop = house.account("shop").await;

    let campaign = house.send(shop, Lane::Bulk, 20).await;
    let few = house.send(shop, Lane::Single, 10).await;
    let code = house.send(shop, Lane::Single, 1).await;
    assert_eq!(house.ends(code).await.state, RecipientState::Success);
    for campaign in [campaign, few] {
        house
            .until("the campaign waits", async || {
                house.trace(campaign).await.reason == Some(Reason::QuietHours)
            })
            .await;
    }
    assert_eq!(line.count(), 1, "only the code was sent");

    house.clock.advance(std::time::Duration::from_secs(2 * 60 * 60));
    for campaign in [campaign, few] {
        assert_eq!(house.ends(campaign).await.state, RecipientState::Success);
    }
    assert_eq!(line.count(), 31);
}
