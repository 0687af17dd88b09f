//! Accounts and keys.

use domain::account::operator::Action;
use domain::account::{KeyHash, Scope};
use domain::id::{AccountId, KeyId};
use domain::limits::CREDIT_GIVEN_MAX;
use domain::money::Msat;
use domain::ports::{AuditList, Debited, Grant, Granted, NewAccount, NewKey, PortError};
use domain::secret::Secret;

use super::Rig;
use super::world::{BY, PRICE, World, at, balance};

fn new_key(account: AccountId, byte: u8) -> NewKey {
    let scopes = vec![Scope::SEND.parse().unwrap(), Scope::all()];
    NewKey { account, hash: KeyHash([byte; 32]), scopes, rate: Some(5), description: None }
}

pub async fn stores_accounts_with_their_balances(rig: &impl Rig) {
    let world = World::new(rig).await;
    let rich = world.account(Msat::new(7_000)).await;
    let poor = world.account(Msat::ZERO).await;
    assert_eq!(world.balance(rich.id).await, balance(Msat::new(7_000), Msat::ZERO));
    assert_eq!(world.balance(poor.id).await, balance(Msat::ZERO, Msat::ZERO));

    let found = world.store.account_named(&rich.name).await.unwrap().unwrap();
    assert_eq!((found.id, found.created_at), (rich.id, at(0)));
    assert_eq!(found.webhook_secret.expose(), "whsec_account");
    assert_eq!(world.store.account(poor.id).await.unwrap().unwrap().name, poor.name);
    assert!(world.store.account(AccountId(999)).await.unwrap().is_none());
    assert!(world.store.account_named(&"nobody".parse().unwrap()).await.unwrap().is_none());

    let all = world.store.accounts().await.unwrap();
    let all: Vec<_> = all.iter().map(|(account, balance)| (account.id, *balance)).collect();
    let expected = [
        (rich.id, balance(Msat::new(7_000), Msat::ZERO)),
        (poor.id, balance(Msat::ZERO, Msat::ZERO)),
    ];
    assert_eq!(all, expected);
    world.must_be_sound().await;
}

pub async fn refuses_a_duplicate_account_name(rig: &impl Rig) {
    let world = World::new(rig).await;
    let first = world.account(Msat::new(5)).await;
    let again = NewAccount {
        name: first.name.clone(),
        webhook_secret: Secret::new("other"),
        credit: Msat::new(9),
    };
    let refused = world.store.add_account(again, BY, at(1)).await;
    assert!(matches!(refused, Err(PortError::Conflict(_))), "{refused:?}");
    assert_eq!(world.balance(first.id).await.available, Msat::new(5));
    assert_eq!(world.store.accounts().await.unwrap().len(), 1);
    world.must_be_sound().await;
}

pub async fn keeps_keys_with_their_scopes(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (one, two) = (world.account(Msat::ZERO).await, world.account(Msat::ZERO).await);
    let first = world.store.add_key(new_key(one.id, 1), BY, at(1)).await.unwrap();
    let second = world.store.add_key(new_key(two.id, 2), BY, at(2)).await.unwrap();
    let third = world.store.add_key(new_key(one.id, 3), BY, at(3)).await.unwrap();

    let key = world.store.key(KeyHash([1; 32])).await.unwrap().unwrap();
    assert_eq!((key.id, key.account, key.rate), (first, one.id, Some(5)));
    assert_eq!((key.created_at, key.revoked_at), (at(1), None));
    let scopes: Vec<_> = key.scopes.iter().map(Scope::as_str).collect();
    assert_eq!(scopes, [Scope::SEND, Scope::ALL]);
    assert!(world.store.key(KeyHash([9; 32])).await.unwrap().is_none());

    let ids = |keys: Vec<domain::account::Key>| keys.iter().map(|key| key.id).collect::<Vec<_>>();
    assert_eq!(ids(world.store.keys(Some(one.id)).await.unwrap()), [first, third]);
    assert_eq!(ids(world.store.keys(None).await.unwrap()), [first, second, third]);
    let again = world.store.add_key(new_key(two.id, 1), BY, at(4)).await;
    assert!(matches!(again, Err(PortError::Conflict(_))), "{again:?}");
}

pub async fn revokes_a_key_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await;
    let key = world.store.add_key(new_key(account.id, 1), BY, at(1)).await.unwrap();
    assert!(world.store.revoke_key(key, BY, at(5)).await.unwrap());
    assert!(world.store.revoke_key(key, BY, at(9)).await.unwrap());
    let stored = world.store.key(KeyHash([1; 32])).await.unwrap().unwrap();
    assert_eq!(stored.revoked_at, Some(at(5)));
    assert!(!world.store.revoke_key(KeyId(999), BY, at(9)).await.unwrap());
}

pub async fn refuses_keys_of_unknown_accounts(rig: &impl Rig) {
    let world = World::new(rig).await;
    let key = world.store.add_key(new_key(AccountId(999), 1), BY, at(1)).await;
    assert!(matches!(key, Err(PortError::Refused(_))), "{key:?}");
}

pub async fn refuses_a_grant_below_zero(rig: &impl Rig) {
    let world = World::new(rig).await;
    let new = NewAccount {
        name: "debtor".parse().unwrap(),
        webhook_secret: Secret::new("s"),
        credit: Msat::new(-1),
    };
    assert!(matches!(world.store.add_account(new, BY, at(0)).await, Err(PortError::Refused(_))));
    assert!(world.store.accounts().await.unwrap().is_empty());
}

pub async fn takes_back_credit_that_may_be_spent(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(3 * PRICE.get())).await.id;
    world.spend(account, PRICE).await;
    let debit = |id: u8, amount| {
        let debit = Grant { id: [id; 32], account, amount };
        world.store.debit_credit(debit, BY, at(1))
    };
    let two = Msat::new(2 * PRICE.get());
    let short = Debited::Insufficient { available: two };
    assert_eq!(debit(1, Msat::new(two.get() + 1)).await, Ok(short), "the rest is reserved");
    assert_eq!(debit(2, PRICE).await, Ok(Debited::Done));
    assert_eq!(debit(2, PRICE).await, Ok(Debited::Repeat));
    assert!(matches!(debit(2, two).await, Err(PortError::Conflict(_))));
    assert!(matches!(debit(3, Msat::ZERO).await, Err(PortError::Refused(_))));
    assert_eq!(debit(4, PRICE).await, Ok(Debited::Done));
    assert_eq!(debit(5, Msat::new(1)).await, Ok(Debited::Insufficient { available: Msat::ZERO }));
    let balance = world.balance(account).await;
    assert_eq!((balance.available, balance.reserved), (Msat::ZERO, PRICE));
    let list = AuditList { account: Some(account), limit: 9, ..AuditList::default() };
    let entries = world.store.audit_log(list).await.unwrap();
    let debits = entries.iter().filter(|entry| entry.action == Action::CreditDebit);
    assert_eq!(debits.count(), 2);
    world.must_be_sound().await;
}

pub async fn gives_no_more_than_there_is(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (one, two) = (world.account(PRICE).await.id, world.account(PRICE).await.id);
    let grant = |id: u8, account, amount| {
        let grant = Grant { id: [id; 32], account, amount };
        world.store.grant_credit(grant, BY, at(1))
    };
    let rest = Msat::new(CREDIT_GIVEN_MAX.get() - 2 * PRICE.get());
    let more = Msat::new(rest.get() + 1);
    assert!(matches!(grant(1, one, more).await, Err(PortError::Refused(_))));
    assert_eq!(grant(2, one, rest).await, Ok(true));
    assert!(matches!(grant(3, two, Msat::new(1)).await, Err(PortError::Refused(_))));
    let back = Grant { id: [4; 32], account: one, amount: PRICE };
    assert_eq!(world.store.debit_credit(back, BY, at(2)).await, Ok(Debited::Done));
    assert_eq!(grant(5, two, PRICE).await, Ok(true));
    world.must_be_sound().await;
}

pub async fn lists_the_credit_that_was_given_newest_first(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (account, other) = (world.account(PRICE).await.id, world.account(PRICE).await.id);
    let two = Msat::new(2 * PRICE.get());
    for (id, account, amount, secs) in [(1, account, two, 9), (2, other, two, 10)] {
        let grant = Grant { id: [id; 32], account, amount };
        world.store.grant_credit(grant, BY, at(secs)).await.unwrap();
    }
    let given = |amount, secs| Granted { amount, at: at(secs) };
    let all = world.store.grants(account, 9).await.unwrap();
    assert_eq!(all, [given(two, 9), given(PRICE, 0)]);
    assert_eq!(world.store.grants(account, 1).await.unwrap(), [given(two, 9)]);
}

pub async fn disables_and_enables_an_account(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    world.store.add_key(new_key(account, 1), BY, at(1)).await.unwrap();
    let is_disabled = async || {
        let key = world.store.key(KeyHash([1; 32])).await.unwrap().unwrap();
        let disabled_at = world.store.account(account).await.unwrap().unwrap().disabled_at;
        assert_eq!(key.is_disabled, disabled_at.is_some());
        key.is_disabled
    };
    assert!(!is_disabled().await);
    for (disabled, secs) in [(true, 5), (true, 6), (false, 7), (false, 8), (true, 9)] {
        assert!(world.store.set_disabled(account, disabled, BY, at(secs)).await.unwrap());
        assert_eq!(is_disabled().await, disabled);
    }
    assert!(!world.store.set_disabled(AccountId(999), true, BY, at(9)).await.unwrap());
    let list = AuditList { account: Some(account), limit: 9, ..AuditList::default() };
    let entries = world.store.audit_log(list).await.unwrap();
    let changes = [Action::AccountDisable, Action::AccountEnable];
    let changes = entries.iter().filter(|entry| changes.contains(&entry.action));
    assert_eq!(changes.count(), 3, "each change once");
}
