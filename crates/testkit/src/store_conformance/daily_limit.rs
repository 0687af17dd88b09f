//! An account's daily limit.

use std::sync::Arc;

use domain::account::AccountSettings;
use domain::id::AccountId;
use domain::message::campaign::{Idempotency, NewBulk};
use domain::money::Msat;
use domain::ports::{
    CancelOutcome, ChunkEnd, CreditOrder, CreditOutcome, Retry, RetryOutcome, Spent,
};
use domain::reason::Reason;
use domain::time::Timestamp;

use super::Rig;
use super::bulk_world::{BulkWorld, EACH, times};
use super::world::{BY, World, at, balance};

const ACCEPTED: CreditOutcome = CreditOutcome::Accepted;
/// Start of the next day, in seconds after noon.
const MIDNIGHT: u64 = 12 * 60 * 60;

const fn over(left: i64) -> CreditOutcome {
    CreditOutcome::OverDailyLimit { left: Msat::new(left) }
}

async fn limit(world: &World, account: AccountId, spend_per_day: Option<Msat>) {
    let settings = AccountSettings { spend_per_day, ..AccountSettings::default() };
    assert!(world.store.set_account_settings(account, settings, BY, at(0)).await.unwrap());
}

fn order(world: &World, account: AccountId, price: i64, now: Timestamp) -> CreditOrder {
    let mut new = world.new_credit(account, Msat::new(price));
    new.order.created_at = now;
    new
}

/// Stores orders of these prices in one batch.
async fn spend(
    world: &World,
    account: AccountId,
    prices: &[i64],
    now: Timestamp,
) -> Vec<CreditOutcome> {
    let orders = prices.iter().map(|price| order(world, account, *price, now)).collect();
    world.store.add_credit_orders(orders, None).await.unwrap()
}

pub async fn spends_up_to_the_daily_limit(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(1_000)).await.id;
    let other = world.account(Msat::new(1_000)).await.id;
    limit(&world, account, Some(Msat::new(10))).await;
    let outcomes = spend(&world, account, &[6, 5, 4, 1, 0], at(0)).await;
    assert_eq!(outcomes, [ACCEPTED, over(4), ACCEPTED, over(0), ACCEPTED]);
    assert_eq!(spend(&world, other, &[500], at(0)).await, [ACCEPTED], "it has no limit");
    // Orders above the limit are not stored and not charged.
    assert_eq!(world.balance(account).await, balance(Msat::new(990), Msat::new(10)));
    assert_eq!(world.claim(at(1)).await.len(), 4);
    assert_eq!(spend(&world, account, &[1], at(MIDNIGHT - 1)).await, [over(0)]);
    assert_eq!(spend(&world, account, &[11, 7], at(MIDNIGHT)).await, [over(10), ACCEPTED]);
    // A clock that is behind continues the current day.
    assert_eq!(spend(&world, account, &[4, 3], at(MIDNIGHT - 1)).await, [over(3), ACCEPTED]);
    assert_eq!(spend(&world, account, &[1], at(MIDNIGHT)).await, [over(0)]);
    world.must_be_sound().await;
}

pub async fn credits_refunds_of_the_same_day_to_the_daily_limit(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(12)).await.id;
    // Spending before the limit was set counts, too.
    let new = order(&world, account, 6, at(0));
    let id = new.order.id;
    world.store.add_credit_orders(vec![new], None).await.unwrap();
    limit(&world, account, Some(Msat::new(10))).await;
    assert_eq!(world.cancel(id, Reason::CancelledByBuyer).await, CancelOutcome::Cancelled);
    assert_eq!(world.balance(account).await.available, Msat::new(12));
    assert_eq!(spend(&world, account, &[5, 4], at(60)).await, [over(4), ACCEPTED]);
    let none = CreditOutcome::Insufficient { available: Msat::new(8) };
    assert_eq!(spend(&world, account, &[9], at(60)).await, [none], "credit is short as well");
    // A limit below the spending leaves nothing; no limit leaves everything.
    limit(&world, account, Some(Msat::new(3))).await;
    assert_eq!(spend(&world, account, &[1, 0], at(60)).await, [over(0), ACCEPTED]);
    limit(&world, account, None).await;
    assert_eq!(spend(&world, account, &[8], at(60)).await, [ACCEPTED]);
    world.must_be_sound().await;
}

pub async fn counts_orders_and_campaigns_toward_one_daily_limit(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(100)).await;
    let account = world.account;
    limit(&world.world, account, Some(times(10))).await;
    assert_eq!(spend(&world.world, account, &[EACH.get()], at(0)).await, [ACCEPTED]);
    let id = world.added(6).await;
    let over = Spent::OverDailyLimit { price: times(4), left: times(3) };
    let keyed = |recipients| world.keyed(world.bulk(recipients), "one", 1);
    let refused: NewBulk = keyed(4);
    assert_eq!(world.add(refused.clone()).await, over);
    assert!(world.store().bulk(account, refused.content.message).await.unwrap().is_none());
    world.must_be_sound().await;
    let sent = keyed(3);
    assert!(matches!(world.add(sent).await, Spent::Done { .. }), "the key was not used");

    // A retry counts, too.
    let claimed = world.claim(at(5)).await;
    let chunk = claimed.iter().find(|chunk| chunk.id.message == id).unwrap();
    let refused = (0..6).map(|index| world.refused(chunk, index)).collect();
    world.world.record(refused, vec![(chunk.id, 1, ChunkEnd::Done)]).await;
    let before = world.balance().await;
    let retry = |now: Timestamp| {
        let idempotency = Idempotency { key: "two".to_owned(), request: [2; 32] };
        let (valid_until, receipts_until) = (at(90_000), at(90_000));
        let idempotency = Some(idempotency);
        let retry = Retry { account, message: id, valid_until, receipts_until, idempotency };
        world.store().retry_bulk(retry, now)
    };
    let over = Spent::OverDailyLimit { price: times(6), left: Msat::ZERO };
    assert_eq!(retry(at(60)).await.unwrap(), RetryOutcome::Spent(over));
    assert_eq!(world.balance().await, before);
    world.must_be_sound().await;
    let done = Spent::Done { message: id, recipients: 6, price: times(6) };
    assert_eq!(retry(at(MIDNIGHT)).await.unwrap(), RetryOutcome::Spent(done));
    world.must_be_sound().await;
}

pub async fn spends_the_rest_of_the_daily_limit_once(rig: &impl Rig) {
    let one = Arc::new(BulkWorld::new(rig, times(1_000)).await);
    let two = Arc::new(World::from(rig, 1_000_000).await);
    let account = one.account;
    limit(&two, account, Some(times(25))).await;
    let mut spenders = tokio::task::JoinSet::new();
    for at_two in [true, false] {
        for _ in 0..4 {
            let (one, two) = (one.clone(), two.clone());
            spenders.spawn(async move {
                let world = if at_two { &*two } else { &one.world };
                let outcomes = spend(world, account, &[EACH.get(); 5], at(0)).await;
                let taken = outcomes.iter().filter(|outcome| **outcome == ACCEPTED).count();
                let over = |outcome: &&CreditOutcome| {
                    matches!(outcome, CreditOutcome::OverDailyLimit { .. })
                };
                assert_eq!(outcomes.iter().filter(over).count(), 5 - taken);
                u32::try_from(taken).unwrap()
            });
        }
    }
    for _ in 0..4 {
        let one = one.clone();
        spenders.spawn(async move {
            match one.add(one.bulk(3)).await {
                Spent::Done { recipients, .. } => recipients,
                Spent::OverDailyLimit { left, .. } if left < times(3) => 0,
                other => panic!("{other:?}"),
            }
        });
    }
    let spent: u32 = spenders.join_all().await.into_iter().sum();
    // Orders of price 1 fill what campaigns of price 3 leave.
    assert_eq!(spent, 25);
    assert_eq!(one.balance().await, balance(times(975), times(25)));
    one.must_be_sound().await;
}
