//! Profiles, passwords and texted codes.

use domain::account::operator::Action;
use domain::account::profile::{LastLogin, Profile};
use domain::id::AccountId;
use domain::limits::{LOGIN_CODE_AGE_MAX, LOGIN_CODE_TRIES_MAX, LOGIN_CODES_PER_HOUR_MAX};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::AuditList;
use domain::secret::Secret;

use super::Rig;
use super::world::{BY, World, at};

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

fn profile(name: &str, two_factor: bool) -> Profile {
    Profile {
        company_name: Some(name.to_owned()),
        phone: Some(Msisdn::from_digits(4_520_123_456).unwrap()),
        two_factor,
        ..Profile::default()
    }
}

pub async fn keeps_a_profile_and_audits_no_value(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    let empty = world.store.profile(account).await.unwrap().unwrap();
    assert_eq!((empty.profile, empty.has_password), (Profile::default(), false));
    for (name, secs) in [("Acme", 1), ("Acme", 2), ("Other", 3)] {
        assert!(world.store.set_profile(account, profile(name, true), BY, at(secs)).await.unwrap());
    }
    let found = world.store.profile(account).await.unwrap().unwrap();
    assert_eq!(found.profile, profile("Other", true));
    assert!(world.store.profile(AccountId(999)).await.unwrap().is_none());
    let nobody = world.store.set_profile(AccountId(999), profile("A", false), BY, at(4)).await;
    assert_eq!(nobody, Ok(false));
    let list = AuditList { account: Some(account), limit: 9, ..AuditList::default() };
    let entries = world.store.audit_log(list).await.unwrap();
    let changes: Vec<_> =
        entries.iter().filter(|entry| entry.action == Action::AccountProfile).collect();
    assert_eq!(changes.len(), 2, "each change once");
    assert!(changes[0].detail.contains("companyName") && !changes[0].detail.contains("phone"));
    assert!(changes.iter().all(|entry| !entry.detail.contains("Acme")));
}

pub async fn finds_what_a_login_is_compared_with(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await;
    let login = async || world.store.login(account.name.clone()).await.unwrap().unwrap();
    let found = login().await;
    assert!(found.password.is_none() && found.second_factor.is_none() && !found.is_disabled);
    assert_eq!(found.account, account.id);
    assert!(world.store.set_password(account.id, secret("hash 1"), BY, at(1)).await.unwrap());
    assert!(world.store.set_password(account.id, secret("hash 2"), BY, at(2)).await.unwrap());
    world.store.set_profile(account.id, profile("Acme", false), BY, at(3)).await.unwrap();
    let found = login().await;
    assert_eq!(found.password, Some(secret("hash 2")));
    assert_eq!(found.second_factor, None, "it is switched off");
    world.store.set_profile(account.id, profile("Acme", true), BY, at(4)).await.unwrap();
    world.store.set_disabled(account.id, true, BY, at(5)).await.unwrap();
    let found = login().await;
    assert_eq!(found.second_factor, profile("", true).phone);
    assert!(found.is_disabled);
    assert!(world.store.login("nobody".parse().unwrap()).await.unwrap().is_none());
    let nobody = world.store.set_password(AccountId(999), secret("hash"), BY, at(6)).await;
    assert_eq!(nobody, Ok(false));
    world.store.record_login(account.id, "192.0.2.1".to_owned(), at(7)).await.unwrap();
    let last = world.store.profile(account.id).await.unwrap().unwrap().last_login;
    assert_eq!(last, Some(LastLogin { at: at(7), from: "192.0.2.1".to_owned() }));
}

pub async fn a_code_is_used_once_and_not_for_long(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    let age = LOGIN_CODE_AGE_MAX.as_secs();
    assert_eq!(world.store.try_code(account, at(0)).await, Ok(None));
    assert!(world.store.add_code(account, secret("a"), at(0)).await.unwrap());
    assert_eq!(world.store.try_code(account, at(age)).await, Ok(None), "it is too old");
    assert_eq!(world.store.try_code(account, at(age - 1)).await, Ok(Some(secret("a"))));
    assert_eq!(world.store.use_code(account, secret("b")).await, Ok(false));
    assert_eq!(world.store.use_code(account, secret("a")).await, Ok(true));
    assert_eq!(world.store.use_code(account, secret("a")).await, Ok(false));
    assert_eq!(world.store.try_code(account, at(1)).await, Ok(None));
    assert!(world.store.add_code(account, secret("b"), at(1)).await.unwrap());
    world.store.set_password(account, secret("hash"), BY, at(2)).await.unwrap();
    assert_eq!(world.store.try_code(account, at(2)).await, Ok(None), "the password changed");
}

pub async fn a_code_is_tried_a_few_times_and_few_are_made(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    for number in 0..LOGIN_CODES_PER_HOUR_MAX {
        let hash = secret(&number.to_string());
        assert!(world.store.add_code(account, hash.clone(), at(u64::from(number))).await.unwrap());
        for _ in 0..LOGIN_CODE_TRIES_MAX {
            assert_eq!(world.store.try_code(account, at(9)).await, Ok(Some(hash.clone())));
        }
        assert_eq!(world.store.try_code(account, at(9)).await, Ok(None));
    }
    assert_eq!(world.store.add_code(account, secret("more"), at(3_599)).await, Ok(false));
    assert_eq!(world.store.add_code(account, secret("more"), at(3_600)).await, Ok(true));
    assert_eq!(world.store.try_code(account, at(3_601)).await, Ok(Some(secret("more"))));
}
