//! Messages per hour and prefix.

use domain::account::traffic::{TrafficCount, TrafficRules, hour_of};
use domain::id::AccountId;
use domain::number::Msisdn;

use super::Rig;
use super::world::{World, at};

fn counts(caps: &str, numbers: &[&str]) -> Vec<TrafficCount> {
    let rules = TrafficRules { caps: caps.parse().unwrap(), ..TrafficRules::default() };
    let numbers: Vec<Msisdn> = numbers.iter().map(|number| number.parse().unwrap()).collect();
    rules.counts(&numbers)
}

/// The prefix of the cap that is exceeded.
async fn take(
    world: &World,
    payer: Option<AccountId>,
    taken: Vec<TrafficCount>,
    hour: i64,
) -> Option<String> {
    let full = world.store.full_traffic(payer, taken.clone(), hour).await.unwrap();
    let cap = world.store.take_traffic(payer, taken, hour).await.unwrap();
    assert_eq!(cap, full);
    cap.map(|cap| cap.prefix)
}

pub async fn counts_messages_by_payer_prefix_and_hour(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (account, hour) = (Some(AccountId(7)), hour_of(at(0)));
    let two = || counts("=3 45=2", &["4520123456", "4520123457"]);
    assert_eq!(take(&world, account, two(), hour).await, None);
    let one = || counts("=3 45=2", &["4520123458"]);
    assert_eq!(take(&world, account, one(), hour).await.as_deref(), Some("45"));
    // What was refused was not counted: there is room for one more elsewhere.
    let elsewhere = || counts("=3 45=2", &["66812345678"]);
    assert_eq!(take(&world, account, elsewhere(), hour).await, None);
    assert_eq!(take(&world, account, elsewhere(), hour).await.as_deref(), Some(""));
    for (payer, hour) in [(account, hour + 1), (Some(AccountId(8)), hour), (None, hour)] {
        assert_eq!(take(&world, payer, two(), hour).await, None, "{payer:?} {hour}");
    }
    world.store.return_traffic(account, one(), hour).await.unwrap();
    assert_eq!(take(&world, account, one(), hour).await, None);
    // What was accepted before counts, whatever the cap.
    world.store.add_traffic(None, two(), hour).await.unwrap();
    assert_eq!(take(&world, None, one(), hour).await.as_deref(), Some(""));
}
