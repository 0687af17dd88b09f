//! Money: charges and refunds, and that the ledger sums to zero.

use std::sync::Arc;

use domain::id::{AccountId, OrderId};
use domain::money::Msat;
use domain::ports::{
    ChunkEnd, ClaimedChunk, CreditOutcome, End, HoldOrder, NodeVerdict, Random, ReceiptState,
};
use domain::reason::Reason;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::OrderState;

use super::Rig;
use super::world::{
    LEASE, PRICE, REFUND, World, accepted, at, balance, deferred, outcome, refused,
};
use crate::clock::SeededRandom;

pub async fn keeps_the_price_when_delivered(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let (order, _) = world.spend(account.id, PRICE).await;
    let chunk = world.claim_one(at(1)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    assert_eq!(world.balance(account.id).await, balance(Msat::ZERO, PRICE));
    let recorded = world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(recorded.decided, 0, "the node has nothing to do");
    assert_eq!(world.state(order).await, OrderState::Settled);
    assert_eq!(world.balance(account.id).await, balance(Msat::ZERO, Msat::ZERO));
    world.must_be_sound().await;
}

pub async fn refunds_the_price_when_not_delivered(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let (order, _) = world.spend(account.id, PRICE).await;
    let chunk = world.claim_one(at(1)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    world.receive("a", ReceiptState::Failed).await;
    let stored = world.order(order).await;
    assert_eq!((stored.state, stored.reason), (OrderState::Cancelled, Some(Reason::Undelivered)));
    assert_eq!(world.balance(account.id).await, balance(PRICE, Msat::ZERO));
    world.must_be_sound().await;
}

pub async fn books_the_amount_that_was_held(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await;
    let new = world.new_funding(account.id);
    let order = new.id;
    world.add(new).await;
    let held = Msat::new(1_234_567);
    let hold = HoldOrder { order, held, deadline_height: 1_000, message: None };
    world.store.hold_order(hold, at(1)).await.unwrap();
    world.must_be_sound().await;
    world.node_says(order, NodeVerdict::Settled).await;
    assert_eq!(world.balance(account.id).await.available, held);
    assert_eq!(world.order(order).await.held, Some(held));
    world.must_be_sound().await;
}

pub async fn credits_funding(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await;
    for _ in 0..2 {
        let new = world.new_funding(account.id);
        let order = new.id;
        world.add(new).await;
        world.hold(order, None).await;
        world.node_says(order, NodeVerdict::Settled).await;
        world.node_says(order, NodeVerdict::Settled).await;
    }
    assert_eq!(world.balance(account.id).await.available, Msat::new(2_000_000));
    let (_, outcome) = world.spend(account.id, Msat::new(2_000_000)).await;
    assert_eq!(outcome, CreditOutcome::Accepted);
    world.must_be_sound().await;
}

/// Spends from many tasks concurrently; returns the number of accepted orders.
async fn spend_in_parallel(worlds: Vec<Arc<World>>, account: AccountId, each: u32) -> usize {
    let mut tasks = tokio::task::JoinSet::new();
    for world in worlds {
        tasks.spawn(async move {
            let mut accepted = 0;
            for _ in 0..each {
                let (_, outcome) = world.spend(account, PRICE).await;
                accepted += usize::from(outcome == CreditOutcome::Accepted);
            }
            accepted
        });
    }
    tasks.join_all().await.into_iter().sum()
}

pub async fn never_overdraws_in_contention(rig: &impl Rig) {
    let world = Arc::new(World::new(rig).await);
    let account = world.account(Msat::new(50 * PRICE.get() + 1)).await;
    let accepted = spend_in_parallel(vec![world.clone(); 40], account.id, 5).await;
    assert_eq!(accepted, 50);
    let reserved = Msat::new(50 * PRICE.get());
    assert_eq!(world.balance(account.id).await, balance(Msat::new(1), reserved));
    assert_eq!(
        world.store.claim_chunks("n", 999.into(), at(1), at(9)).await.unwrap().chunks.len(),
        50
    );
    world.must_be_sound().await;
}

pub async fn never_overdraws_from_two_processes(rig: &impl Rig) {
    let one = Arc::new(World::new(rig).await);
    let two = Arc::new(World::from(rig, 1_000_000).await);
    let account = one.account(Msat::new(30 * PRICE.get())).await;
    let worlds = [vec![one.clone(); 10], vec![two; 10]].concat();
    assert_eq!(spend_in_parallel(worlds, account.id, 4).await, 30);
    assert_eq!(one.balance(account.id).await.available, Msat::ZERO);
    one.must_be_sound().await;
}

pub async fn the_ledger_sums_to_zero_after_random_steps(rig: &impl Rig) {
    let world = World::new(rig).await;
    for seed in 0..6 {
        let mut walk = Walk::new(&world, seed).await;
        for step in 0..60 {
            walk.step().await;
            let report = world.store.check_ledger().await.unwrap();
            assert!(report.is_sound(), "seed {seed}, step {step}: {report:?}");
        }
    }
}

/// A random walk through all changes that move money.
struct Walk<'w> {
    world: &'w World,
    random: Arc<SeededRandom>,
    account: AccountId,
    orders: Vec<OrderId>,
    chunks: Vec<ClaimedChunk>,
    ids: Vec<String>,
}

impl<'w> Walk<'w> {
    async fn new(world: &'w World, seed: u64) -> Self {
        let account = world.account(Msat::new(3 * PRICE.get())).await.id;
        let random = SeededRandom::new(seed);
        Self { world, random, account, orders: vec![], chunks: vec![], ids: vec![] }
    }

    fn below(&self, bound: usize) -> usize {
        let mut byte = [0; 8];
        self.random.fill(&mut byte);
        usize::try_from(u64::from_le_bytes(byte) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn any_order(&self) -> Option<OrderId> {
        (!self.orders.is_empty()).then(|| self.orders[self.below(self.orders.len())])
    }

    async fn step(&mut self) {
        match self.below(9) {
            0 => {
                let (order, outcome) = self.world.spend(self.account, PRICE).await;
                if outcome == CreditOutcome::Accepted {
                    self.orders.push(order);
                }
            }
            1 => self.orders.push(self.world.open_order().await),
            2 => {
                let new = self.world.new_funding(self.account);
                self.orders.push(new.id);
                self.world.add(new).await;
            }
            3 => self.hold().await,
            4 => self.chunks.extend(self.world.claim(at(2)).await),
            5 => self.outcome().await,
            6 => self.receipt().await,
            7 => self.node().await,
            _ => self.end().await,
        }
    }

    async fn hold(&self) {
        let Some(order) = self.any_order() else { return };
        let stored = self.world.order(order).await;
        let sends = matches!(stored.fulfilment, Fulfilment::Message { .. });
        let message = sends.then(|| self.world.new_message(1));
        self.world.hold(order, message).await;
    }

    async fn outcome(&mut self) {
        if self.chunks.is_empty() {
            return;
        }
        let chunk = self.chunks[self.below(self.chunks.len())].clone();
        let id = format!("walk-{}", self.world.number());
        let outcome = match self.below(4) {
            0 => accepted(&chunk, 0, &[(1, &id)]),
            1 => refused(&chunk, Reason::BadDestination),
            2 => deferred(&chunk, &[], 1),
            _ => outcome(&chunk, 0, 1, &[(1, &id)], End::Delivered),
        };
        let end = match outcome.end {
            End::Deferred { reason, .. } => ChunkEnd::Retry { at: at(2), reason },
            _ => ChunkEnd::Done,
        };
        self.ids.push(id);
        self.world.record(vec![outcome], vec![(chunk.id, chunk.attempt, end)]).await;
    }

    async fn receipt(&self) {
        if self.ids.is_empty() {
            return;
        }
        let states = [ReceiptState::Delivered, ReceiptState::Failed, ReceiptState::Expired];
        let state = states[self.below(states.len())];
        self.world.receive(&self.ids[self.below(self.ids.len())], state).await;
    }

    async fn node(&self) {
        let Some(order) = self.any_order() else { return };
        let verdicts = [NodeVerdict::Settled, NodeVerdict::Settled, NodeVerdict::Cancelled];
        self.world.node_says(order, verdicts[self.below(verdicts.len())]).await;
    }

    async fn end(&self) {
        let Some(order) = self.any_order() else { return };
        match self.below(4) {
            0 => drop(self.world.cancel(order, Reason::CancelledByBuyer).await),
            1 => drop(self.world.cancel(order, Reason::HoldRanOut).await),
            2 => drop(self.world.cancel(order, Reason::Unpaid).await),
            _ => {
                let late = at(8_000).after(LEASE);
                self.world.store.expire(late, at(0), 1, REFUND).await.unwrap();
            }
        }
    }
}
