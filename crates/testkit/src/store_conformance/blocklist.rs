//! Blocked numbers, and the keywords by which recipients opt out and in.

use std::sync::Arc;

use domain::account::blocklist::{BlockEntry, BlockProof, BlockScope, Said};
use domain::account::operator::{Action, Actor};
use domain::id::{AccountId, InboundId};
use domain::inbound::keyword::{Keyword, Keywords, Phrases};
use domain::inbound::{InboundBody, InboundPart, Party, Receiver, Receivers, Spelling};
use domain::limits::BLOCKS_BATCH_MAX;
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{BlockList, PortError};
use domain::routing::CarrierName;
use uuid::Uuid;

use super::Rig;
use super::directory::msisdn;
use super::world::{BY, CARRIER, World, at};

impl World {
    async fn block(&self, scope: BlockScope, numbers: impl IntoIterator<Item = u64>) -> u32 {
        let numbers: Vec<_> = numbers.into_iter().map(msisdn).collect();
        let mut new = 0;
        for batch in numbers.chunks(BLOCKS_BATCH_MAX) {
            let proof = BlockProof::by(BY);
            new += self.store.block(scope, batch.to_vec(), proof, at(1)).await.unwrap();
        }
        new
    }

    async fn blocked(&self, account: AccountId, of: &[u64]) -> Vec<Msisdn> {
        let numbers: Arc<[Msisdn]> = of.iter().copied().map(msisdn).collect();
        self.store.blocked(Some(account), numbers).await.unwrap()
    }

    async fn blocks(&self, scope: BlockScope) -> Vec<BlockEntry> {
        let list = BlockList { scope: Some(scope), limit: 100, ..BlockList::default() };
        self.store.block_list(list).await.unwrap()
    }
}

fn all(numbers: &[u64]) -> Vec<Msisdn> {
    numbers.iter().copied().map(msisdn).collect()
}

pub async fn blocks_numbers_for_one_account_or_for_all(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (one, two) = (world.account(Msat::ZERO).await.id, world.account(Msat::ZERO).await.id);
    assert_eq!(world.block(BlockScope::Account(one), [1, 2]).await, 2);
    assert_eq!(world.block(BlockScope::Account(one), [2, 3]).await, 1);
    assert_eq!(world.block(BlockScope::Everybody, [2, 5]).await, 2);
    assert_eq!(world.blocked(one, &[0, 1, 2, 4, 5]).await, all(&[1, 2, 5]));
    assert_eq!(world.blocked(two, &[0, 1, 2, 4, 5]).await, all(&[2, 5]));
    assert_eq!(world.blocked(two, &[]).await, []);

    let free = |scope, numbers| world.store.unblock(scope, all(numbers), BY, at(2));
    assert_eq!(free(BlockScope::Everybody, &[2, 9]).await.unwrap(), 1);
    assert_eq!(world.blocked(one, &[2]).await, all(&[2]), "the account's own block stays");
    assert_eq!(world.blocked(two, &[2]).await, []);
    let nobody = BlockScope::Account(AccountId(999));
    let refused = world.store.block(nobody, all(&[1]), BlockProof::by(BY), at(1)).await;
    assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    let many = (0..=BLOCKS_BATCH_MAX as u64).map(msisdn).collect();
    let refused = world.store.block(BlockScope::Everybody, many, BlockProof::by(BY), at(1)).await;
    assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    let deeds = world.deeds().await;
    let count = |action| deeds.iter().filter(|(done, _)| *done == action).count();
    assert_eq!((count(Action::BlockAdd), count(Action::BlockRemove)), (3, 1));
}

pub async fn keeps_the_first_proof_of_a_block(rig: &impl Rig) {
    let world = World::new(rig).await;
    let one = BlockScope::Account(world.account(Msat::ZERO).await.id);
    let proof = BlockProof { note: Some("letter of May 3".to_owned()), ..BlockProof::by(BY) };
    world.store.block(one, all(&[2]), proof.clone(), at(1)).await.unwrap();
    world.store.block(one, all(&[2]), BlockProof::by(Actor::Recipient), at(9)).await.unwrap();
    let entry = BlockEntry { scope: one, number: msisdn(2), proof, at: at(1) };
    assert_eq!(world.blocks(one).await, [entry]);

    world.block(BlockScope::Everybody, [1, 2, 3]).await;
    let list = |scope, number: Option<u64>, after: Option<(BlockScope, u64)>, limit| {
        let after = after.map(|(scope, number)| (scope, msisdn(number)));
        let list = BlockList { scope, number: number.map(msisdn), after, limit };
        let listed = world.store.block_list(list);
        async {
            let found = listed.await.unwrap();
            found.iter().map(|entry| (entry.scope, entry.number)).collect::<Vec<_>>()
        }
    };
    let every = BlockScope::Everybody;
    let entries = |of: &[(BlockScope, u64)]| {
        of.iter().map(|(scope, number)| (*scope, msisdn(*number))).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None, None, 2).await, entries(&[(every, 1), (every, 2)]));
    let rest = entries(&[(every, 3), (one, 2)]);
    assert_eq!(list(None, None, Some((every, 2)), 9).await, rest);
    assert_eq!(list(Some(every), None, Some((every, 2)), 9).await, entries(&[(every, 3)]));
    assert_eq!(list(None, Some(2), None, 9).await, entries(&[(every, 2), (one, 2)]));
    assert_eq!(list(None, Some(2), Some((every, 2)), 9).await, entries(&[(one, 2)]));
    assert_eq!(list(Some(one), Some(2), None, 9).await, entries(&[(one, 2)]));
}

/// With blocks of every density among the numbers.
pub async fn finds_blocked_numbers_among_many(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    // A dense list up to 20,000 and a sparse one after it.
    let dense = |number: &u64| !number.is_multiple_of(3);
    world.block(BlockScope::Account(account), (0..20_000).filter(dense)).await;
    world.block(BlockScope::Everybody, (0..50_000).step_by(5_000)).await;
    let is = |number: &u64| {
        (*number < 20_000 && dense(number)) || (*number < 50_000 && number.is_multiple_of(5_000))
    };
    for step in [1, 7, 41, 997] {
        let numbers: Vec<u64> = (0..60_000).step_by(step).collect();
        let expected: Vec<_> = numbers.iter().copied().filter(is).map(msisdn).collect();
        assert_eq!(world.blocked(account, &numbers).await, expected, "step {step}");
    }
}

fn says(from: &str, to: &str, text: &str, number: u128) -> (InboundId, InboundPart) {
    let part = InboundPart {
        carrier: CarrierName::new(CARRIER),
        from: Party::new(from),
        to: Party::new(to),
        spelling: Spelling::default(),
        body: InboundBody::Text(text.to_owned()),
        join: None,
        at: at(5),
        interrupted_at: at(0),
    };
    (InboundId(Uuid::from_u128(number)), part)
}

fn receivers(account: AccountId) -> Arc<Receivers> {
    let receiver = Receiver { account: Some(account), ..Receiver::default() };
    let keywords = Keywords::default().and(Keyword::Stop, ["afmeld"]);
    let lent = Receiver { lent: true, ..receiver.clone() };
    let busy = Receiver { own_words: Phrases::new(["cancel"]), ..receiver.clone() };
    let numbers =
        [(Party::new("1919"), receiver), (Party::new("1922"), lent), (Party::new("1923"), busy)];
    let numbers = numbers.into();
    let silent = [(Party::new("1921"), account)].into();
    Arc::new(Receivers { keywords, numbers, others: Receiver::default(), silent })
}

pub async fn stop_blocks_with_proof_and_start_unblocks(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    let receivers = receivers(account);
    let take = |parts| world.store.record_inbound(parts, receivers.clone(), at(6));
    take(vec![
        says("4500000001", "1919", "Stop!", 1),
        says("+4500000002", "1919", "afmeld mig", 2),
        says("4500000003", "1919", "hvad koster det", 3),
        says("ACME", "1919", "STOP", 4),
        says("4500000004", "1920", "STOP", 5),
        // A number of the account that receives nothing at present.
        says("4500000005", "1921", "STOP", 9),
    ])
    .await
    .unwrap();
    let own = world.blocks(BlockScope::Account(account)).await;
    let proof = |word: &str, id, text: &str, to| BlockProof {
        by: Actor::Recipient,
        keyword: Some((word.to_owned(), InboundId(Uuid::from_u128(id)))),
        said: Some(Said {
            text: text.into(),
            to: Party::new(to),
            carrier: CarrierName::new(CARRIER),
        }),
        note: None,
    };
    let entry =
        |scope, number, proof| BlockEntry { scope, number: msisdn(number), proof, at: at(6) };
    let scope = BlockScope::Account(account);
    let expected = [
        entry(scope, 1, proof("STOP", 1, "Stop!", "1919")),
        entry(scope, 2, proof("AFMELD", 2, "afmeld mig", "1919")),
        entry(scope, 5, proof("STOP", 9, "STOP", "1921")),
    ];
    assert_eq!(own, expected);
    // The destination number has no owner.
    let every = BlockScope::Everybody;
    assert_eq!(world.blocks(every).await, [entry(every, 4, proof("STOP", 5, "STOP", "1920"))]);

    take(vec![
        says("4500000001", "1919", "START", 6),
        says("4500000002", "1920", "start", 7),
        says("4500000004", "1920", "unstop", 8),
    ])
    .await
    .unwrap();
    assert_eq!(
        world.blocked(account, &[1, 2, 3, 4]).await,
        all(&[2]),
        "the keyword was sent to another number"
    );
    let stopped = world.deeds().await;
    let recipient = |action| (action, Actor::Recipient);
    assert_eq!(stopped.iter().filter(|deed| **deed == recipient(Action::BlockAdd)).count(), 4);
    assert_eq!(stopped.iter().filter(|deed| **deed == recipient(Action::BlockRemove)).count(), 2);
}

pub async fn no_word_blocks_at_a_lent_number_and_none_that_the_owner_uses(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    let said = vec![
        says("4500000001", "1922", "STOP", 1),
        says("4500000002", "1923", "CANCEL 17:30", 2),
        says("4500000003", "1923", "STOP", 3),
        says("5215512345678", "1919", "STOP", 4),
    ];
    world.store.record_inbound(said, receivers(account), at(6)).await.unwrap();
    let blocked = world.blocks(BlockScope::Account(account)).await;
    let numbers: Vec<_> = blocked.iter().map(|entry| entry.number.digits()).collect();
    assert_eq!(numbers, [4_500_000_003, 525_512_345_678]);
}

pub async fn start_does_not_lift_an_operators_block(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    world.block(BlockScope::Account(account), [1]).await;
    let said = vec![says("4500000001", "1919", "stop", 1), says("4500000001", "1919", "start", 2)];
    world.store.record_inbound(said, receivers(account), at(6)).await.unwrap();
    assert_eq!(world.blocked(account, &[1]).await, all(&[1]));
}
