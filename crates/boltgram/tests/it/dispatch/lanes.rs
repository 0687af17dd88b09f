//! A code never waits behind a campaign, nor an account's work behind all of another's.

use domain::id::AccountId;
use domain::message::Lane;
use domain::message::recipient::RecipientState;
use domain::ports::Carrier;
use domain::routing::Route;

use super::house::House;
use super::line::{Handed, Line, Plan};

fn route(line: &Line) -> Route {
    Route::in_order("", [line.name().clone()])
}

fn handed(line: &Line, account: AccountId, lane: Lane) -> usize {
    let of = |handed: &&Handed| handed.account == Some(account) && handed.lane == lane;
    line.handed().iter().filter(of).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_leaves_room_for_others_codes_and_campaigns() {
    let line = Line::new("main", Plan::Hold);
    let house = House::open(&[&line], route(&line)).await;
    let (campaigner, shop) = (house.account("campaigner").await, house.account("shop").await);
    let campaign = house.send(campaigner, Lane::Bulk, 7_000).await;
    house.until("the campaign begins", async || line.count() >= 1_000).await;

    let code = house.send(shop, Lane::Single, 1).await;
    house.send(shop, Lane::Bulk, 300).await;
    house
        .until("both of the shop's are with the carrier", async || {
            handed(&line, shop, Lane::Single) == 1 && handed(&line, shop, Lane::Bulk) == 300
        })
        .await;
    let begun = handed(&line, campaigner, Lane::Bulk);
    assert!((1_000..=3_000).contains(&begun), "{begun} of the campaign before the code");
    // A code of the same account overtakes it too.
    house.send(campaigner, Lane::Single, 1).await;
    house
        .until("its code is submitted", async || handed(&line, campaigner, Lane::Single) == 1)
        .await;
    assert_eq!(handed(&line, campaigner, Lane::Bulk), begun);

    line.release().await;
    assert_eq!(house.ends(code).await.state, RecipientState::Success);
    house.until("all are submitted", async || handed(&line, campaigner, Lane::Bulk) == 7_000).await;
    assert_eq!(house.ends(campaign).await.state, RecipientState::Success);
    assert_eq!(line.count(), 7_302, "nothing was submitted twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_accounts_codes_leave_room_for_anothers() {
    let line = Line::new("main", Plan::Hold);
    let house = House::prepared(&[&line], route(&line)).await;
    let (flood, shop) = (house.account("flood").await, house.account("shop").await);
    for _ in 0..400 {
        house.send(flood, Lane::Single, 1).await;
    }
    house.engine.start().await.unwrap();
    house.until("its share is submitted", async || handed(&line, flood, Lane::Single) >= 128).await;
    house.send(shop, Lane::Single, 1).await;
    house
        .until("the shop's code is submitted", async || handed(&line, shop, Lane::Single) == 1)
        .await;
    // A claim may return single messages in place of bulk ones.
    let held = handed(&line, flood, Lane::Single);
    assert!((128..=136).contains(&held), "{held}");

    line.release().await;
    house.until("all are submitted", async || line.count() == 401).await;
}

/// Number of submitted chunks by origin.
async fn came(house: &House, way: &str) -> u32 {
    let name = format!("boltgram_chunks_handed_over_total{{result=\"{way}\"}} ");
    let page = house.engine.encode_metrics().await;
    let counted = page.lines().find_map(|line| line.strip_prefix(&name));
    counted.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_from_credit_goes_straight_to_the_carrier_unless_others_wait() {
    let line = Line::new("main", Plan::Deliver);
    let house = House::open(&[&line], route(&line)).await;
    let account = house.account("acme").await;
    // Orders wait too until the first query has found an empty queue.
    house
        .until("one is submitted directly", async || {
            house.order(account).await;
            came(&house, "direct").await > 0
        })
        .await;
    house.until("all are delivered", async || house.is_quiet(account).await).await;
    let (claimed, before) = (came(&house, "claimed").await, line.count());

    line.plan(Plan::Hold);
    for _ in 0..300 {
        house.order(account).await;
    }
    house.until("its share is submitted", async || line.count() >= before + 128).await;
    assert!(line.count() <= before + 256, "no more than the limit");
    line.release().await;
    house.until("all are submitted", async || line.count() == before + 300).await;
    let waited = came(&house, "claimed").await - claimed;
    assert!((44..=172).contains(&waited), "{waited} were claimed");
    house.until("all are delivered", async || house.is_quiet(account).await).await;
}
