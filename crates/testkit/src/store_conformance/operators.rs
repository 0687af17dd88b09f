//! Operators, the audit log, account settings, and manual credit.

use domain::account::operator::{Action, Actor, NewOperator};
use domain::account::sender::SenderRules;
use domain::account::traffic::TrafficRules;
use domain::account::{AccountSettings, KeyHash};
use domain::id::{AccountId, OperatorId};
use domain::message::campaign::{CampaignEvents, CampaignWebhook, RefundPolicy};
use domain::money::Msat;
use domain::ports::{AuditList, Grant, PortError};
use domain::sale::tariff::{ListPrice, Product};

use super::Rig;
use super::world::{BY, World, at};

fn new_operator(name: &str, byte: u8) -> NewOperator {
    NewOperator { name: name.to_owned(), hash: KeyHash([byte; 32]) }
}

pub async fn keeps_operators_and_revokes_their_keys(rig: &impl Rig) {
    let world = World::new(rig).await;
    let ida = world.store.add_operator(new_operator("Ida", 1), BY, at(1)).await.unwrap();
    let bot = world.store.add_operator(new_operator("console", 2), BY, at(2)).await.unwrap();
    let taken = world.store.add_operator(new_operator("Ida", 3), BY, at(3)).await;
    assert!(matches!(taken, Err(PortError::Conflict(_))), "{taken:?}");
    for unfit in ["", &"x".repeat(65)] {
        let refused = world.store.add_operator(new_operator(unfit, 4), BY, at(3)).await;
        assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    }
    assert_eq!(world.store.operators().await.unwrap(), [ida.clone(), bot.clone()]);
    assert_eq!(world.store.operator(KeyHash([2; 32])).await.unwrap(), Some(bot.clone()));
    assert_eq!(world.store.operator(KeyHash([9; 32])).await.unwrap(), None);
    let by = Actor::Operator(ida.id);
    assert!(world.store.revoke_operator(bot.id, by, at(5)).await.unwrap());
    assert!(world.store.revoke_operator(bot.id, by, at(9)).await.unwrap());
    assert!(!world.store.revoke_operator(OperatorId(999), by, at(9)).await.unwrap());
    let stored = world.store.operator(KeyHash([2; 32])).await.unwrap().unwrap();
    assert_eq!(stored.revoked_at, Some(at(5)));
    let expected =
        [(Action::OperatorAdd, BY), (Action::OperatorAdd, BY), (Action::OperatorRevoke, by)];
    assert_eq!(world.deeds().await, expected);
}

pub async fn lists_the_audit_log_newest_first(rig: &impl Rig) {
    let world = World::new(rig).await;
    let one = world.account(Msat::new(5)).await;
    let two = world.account(Msat::ZERO).await;
    let set = |account| {
        world.store.set_prices(
            account,
            Product::Part,
            vec![("45".to_owned(), Msat::new(7))],
            BY,
            at(2),
        )
    };
    set(Some(two.id)).await.unwrap();
    set(None).await.unwrap();
    let list = |account: Option<AccountId>, action, before, limit| {
        world.store.audit_log(AuditList { account, action, before, limit })
    };
    let all = list(None, None, None, 99).await.unwrap();
    let actions: Vec<_> = all.iter().map(|entry| entry.action).collect();
    use Action::{AccountAdd, PriceSet};
    assert_eq!(actions, [PriceSet, PriceSet, AccountAdd, AccountAdd]);
    assert_eq!((all[3].at, all[3].by, all[3].account), (at(0), BY, Some(one.id)));
    let detail = &all[3].detail;
    assert!(detail.contains("\"msat\":5") && detail.contains(one.name.as_str()), "{detail}");
    assert!(!all[3].detail.contains("whsec"), "no secrets");
    assert_eq!(list(None, None, Some(all[0].id), 2).await.unwrap(), all[1..3]);
    assert_eq!(list(Some(two.id), None, None, 9).await.unwrap(), all[1..3]);
    assert_eq!(list(Some(two.id), Some(AccountAdd), None, 9).await.unwrap(), all[2..3]);
    assert_eq!(list(None, Some(PriceSet), None, 9).await.unwrap(), all[..2]);
}

pub async fn audits_only_effective_changes(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await;
    let before = world.deeds().await;
    let taken = world.store.add_operator(new_operator("", 1), BY, at(1)).await;
    assert!(taken.is_err());
    let bad = vec![("45".to_owned(), Msat::new(1)), ("x".to_owned(), Msat::new(1))];
    assert!(world.store.set_prices(None, Product::Part, bad, BY, at(1)).await.is_err());
    let settings = AccountSettings::default();
    assert!(world.store.set_account_settings(account.id, settings, BY, at(1)).await.unwrap());
    assert!(
        !world.store.remove_price(None, Product::Part, "45".to_owned(), BY, at(1)).await.unwrap()
    );
    assert_eq!(world.deeds().await, before);
}

pub async fn keeps_prices_of_each_product_by_prefix(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (one, two) = (world.account(Msat::ZERO).await.id, world.account(Msat::ZERO).await.id);
    let set = |account, product, prices: &[(&str, i64)]| {
        let prices = prices.iter().map(|(prefix, msat)| ((*prefix).to_owned(), Msat::new(*msat)));
        world.store.set_prices(account, product, prices.collect(), BY, at(1))
    };
    let store = &world.store;
    let list = |account| async move {
        let list = store.price_list(account).await.unwrap();
        let row = |row: ListPrice| (row.product, row.prefix, row.price.get());
        list.into_iter().map(row).collect::<Vec<_>>()
    };
    let row = |product, prefix: &str, msat| (product, prefix.to_owned(), msat);
    use Product::{Email, Part, Send};
    set(None, Part, &[("66", 70), ("", 100), ("45", 50)]).await.unwrap();
    set(Some(one), Part, &[("66", 60)]).await.unwrap();
    set(Some(one), Part, &[("66", 65)]).await.unwrap();
    set(Some(one), Send, &[("66", 900)]).await.unwrap();
    set(Some(one), Email, &[("", 9)]).await.unwrap();
    assert_eq!(list(None).await, [row(Part, "", 100), row(Part, "45", 50), row(Part, "66", 70)]);
    assert_eq!(
        list(Some(one)).await,
        [row(Email, "", 9), row(Part, "66", 65), row(Send, "66", 900)]
    );
    assert_eq!(list(Some(two)).await, []);
    for bad in ["045", "+45", "1234567890123456", "4a"] {
        let refused = set(None, Part, &[(bad, 1)]).await;
        assert!(matches!(refused, Err(PortError::Refused(_))), "{bad}: {refused:?}");
    }
    assert!(set(None, Part, &[("1", -1)]).await.is_err());
    assert!(set(None, Email, &[("45", 1)]).await.is_err(), "an e-mail has no prefix");
    let page = world.store.prices(None, Part, Some(String::new()), 1).await.unwrap();
    assert_eq!((page.len(), page[0].prefix.as_str()), (1, "45"));
    assert_eq!(world.store.prices(Some(one), Send, None, 9).await.unwrap().len(), 1);
    let remove = |product| world.store.remove_price(Some(one), product, "66".to_owned(), BY, at(2));
    assert!(remove(Part).await.unwrap());
    assert!(!remove(Part).await.unwrap());
    assert_eq!(list(Some(one)).await, [row(Email, "", 9), row(Send, "66", 900)]);
}

pub async fn stores_account_settings(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    let read = |account| world.store.account_settings(account);
    assert_eq!(read(account).await.unwrap(), Some(AccountSettings::default()));
    assert_eq!(read(AccountId(999)).await.unwrap(), None);
    let settings = AccountSettings {
        refunds: RefundPolicy::Unsent,
        recipients_per_message: Some(5),
        spend_per_day: Some(Msat::new(9_000)),
        otp: true,
        webhook: Some(CampaignWebhook {
            url: "https://example.com/hook".to_owned(),
            events: CampaignEvents::Recipients,
        }),
        traffic: TrafficRules {
            countries: Some("DK TH".parse().unwrap()),
            caps: "=1000 66=100".parse().unwrap(),
        },
        senders: SenderRules { any: true, default: Some("ACME".parse().unwrap()), strict: true },
        query_latin1: true,
        silent: true,
        premium: true,
        callback_url: Some("https://example.com/back?a=b".to_owned()),
    };
    let set = |account, settings| world.store.set_account_settings(account, settings, BY, at(1));
    assert!(set(account, settings.clone()).await.unwrap());
    assert_eq!(read(account).await.unwrap(), Some(settings));
    assert!(set(account, AccountSettings::default()).await.unwrap());
    assert_eq!(read(account).await.unwrap(), Some(AccountSettings::default()));
    assert!(!set(AccountId(999), AccountSettings::default()).await.unwrap());
    let log = world.store.audit_log(AuditList { limit: 9, ..AuditList::default() }).await.unwrap();
    let noted = log.iter().filter(|entry| entry.action == Action::AccountSettings);
    assert_eq!(noted.count(), 2, "{log:?}");
}

pub async fn grants_credit_once_per_key(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(10)).await.id;
    let grant = |byte, msat| Grant { id: [byte; 32], account, amount: Msat::new(msat) };
    let give = |grant| world.store.grant_credit(grant, BY, at(1));
    assert!(give(grant(1, 500)).await.unwrap());
    assert!(!give(grant(1, 500)).await.unwrap());
    assert!(give(grant(2, 7)).await.unwrap(), "at the same time");
    let other = give(grant(2, 8)).await;
    assert!(matches!(other, Err(PortError::Conflict(_))), "{other:?}");
    assert_eq!(world.balance(account).await.available, Msat::new(517));
    for msat in [0, -5] {
        let refused = give(grant(3, msat)).await;
        assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    }
    let nobody = Grant { account: AccountId(999), ..grant(4, 1) };
    assert!(matches!(give(nobody).await, Err(PortError::Refused(_))));
    let granted = world.deeds().await.iter().filter(|(a, _)| *a == Action::CreditGrant).count();
    assert_eq!(granted, 2);
    world.must_be_sound().await;
}
