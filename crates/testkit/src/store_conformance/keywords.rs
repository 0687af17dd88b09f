//! Keywords that accounts have on numbers, their money, the messages that begin with them, and the replies.

use std::sync::Arc;
use std::time::Duration;

use domain::account::operator::{Action, Actor};
use domain::account::{Account, AccountSettings};
use domain::event::TargetKind;
use domain::id::{AccountId, OperatorId};
use domain::inbound::keyword::Keywords;
use domain::inbound::sold_keyword::{EndedBy, Offer, SoldKeyword};
use domain::inbound::{InboundPart, Party, Receiver, Receivers};
use domain::limits::{KEYWORD_REPLIES_HOUR, KEYWORD_REPLIES_PER_HOUR_MAX};
use domain::money::Msat;
use domain::number::own::{Abilities, NumberTerms};
use domain::ports::{
    AuditList, BoughtKeyword, EventSearch, KeywordChange, KeywordList, NewKeyword, PortError,
    Renewal, Renewed,
};
use domain::text::Text;
use domain::time::Timestamp;

use super::Rig;
use super::inbound::whole;
use super::world::{BY, PRICE, World, at};

const SHARED: &str = "1919";
const OWN: &str = "4570101010";
const PERIOD: Duration = Duration::from_secs(1_000);
const OPERATOR: Actor = Actor::Operator(OperatorId(7));

fn credit(periods: i64) -> Msat {
    Msat::new(PRICE.get() * periods)
}

impl World {
    async fn shared_number(&self) {
        let can = Abilities::from_words(["receive", "send", "keywords"]).unwrap();
        let terms = NumberTerms { can, ..NumberTerms::default() };
        self.store.add_number(Party::new(SHARED), terms, BY, at(0)).await.unwrap();
    }

    async fn own_number(&self, account: AccountId) {
        let terms = NumberTerms { account: Some(account), ..NumberTerms::default() };
        self.store.add_number(Party::new(OWN), terms, BY, at(0)).await.unwrap();
    }

    async fn buy(&self, account: &Account, word: &str, now: Timestamp) -> SoldKeyword {
        match self.store.buy_keyword(new(account, word), now).await.unwrap() {
            BoughtKeyword::Bought(keyword) => keyword,
            other => panic!("{other:?}"),
        }
    }

    async fn renew(&self, keyword: &SoldKeyword, now: Timestamp) -> Renewed {
        self.store.renew_keyword(renewal(keyword), now).await.unwrap()
    }

    async fn words(&self, account: AccountId) -> Vec<String> {
        let list = KeywordList { account: Some(account), limit: 10, ..KeywordList::default() };
        let found = self.store.keywords(list).await.unwrap();
        found.iter().map(|keyword| keyword.word.as_str().to_owned()).collect()
    }

    async fn is_sound(&self) {
        let report = self.store.check_ledger().await.unwrap();
        assert!(report.is_sound(), "{report:?}");
    }

    async fn left(&self, account: &Account) -> i64 {
        let balance = self.store.balance(account.id).await.unwrap();
        assert_eq!(balance.reserved, Msat::ZERO);
        balance.available.get() / PRICE.get()
    }
}

fn new(account: &Account, word: &str) -> NewKeyword {
    NewKeyword {
        number: Party::new(SHARED),
        word: word.parse().unwrap(),
        account: account.id,
        offer: Offer::Sold,
        price: PRICE,
        period: PERIOD,
        renews: true,
        reply: None,
    }
}

fn renewal(keyword: &SoldKeyword) -> Renewal {
    Renewal { keyword: keyword.id, periods: keyword.periods, price: PRICE, period: PERIOD }
}

pub async fn sells_a_word_on_a_number_to_one_account(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (acme, other) = (world.account(credit(3)).await, world.account(credit(3)).await);
    world.shared_number().await;
    let bought = world.buy(&acme, "Pacman", at(1)).await;
    assert_eq!((bought.price, bought.periods, bought.renews), (PRICE, 1, true));
    assert_eq!(bought.paid_until, at(1).after(PERIOD));
    for (account, word) in [(&acme, "PACMAN!"), (&other, "pacman")] {
        let again = world.store.buy_keyword(new(account, word), at(2)).await.unwrap();
        assert_eq!(again, BoughtKeyword::Taken { by: acme.id });
    }
    let found = world.store.keyword(Party::new(SHARED), "pacman".parse().unwrap()).await.unwrap();
    assert_eq!(found, Some(bought));
    world.buy(&other, "tetris", at(3)).await;
    assert_eq!((world.left(&acme).await, world.left(&other).await), (2, 2));
    assert_eq!(world.words(acme.id).await, ["pacman"]);
    assert_eq!(world.words(other.id).await, ["tetris"]);
    world.is_sound().await;
}

pub async fn sells_one_word_once_to_two_processes(rig: &impl Rig) {
    let (one, two) = (World::new(rig).await, World::from(rig, 1_000_000).await);
    one.shared_number().await;
    let (acme, other) = (one.account(credit(20)).await, two.account(credit(20)).await);
    for number in 0..10 {
        let word = format!("word{number}");
        let (a, b) = tokio::join!(
            one.store.buy_keyword(new(&acme, &word), at(1)),
            two.store.buy_keyword(new(&other, &word), at(1)),
        );
        let bought = |result: &Result<BoughtKeyword, PortError>| {
            matches!(result, Ok(BoughtKeyword::Bought(_)))
        };
        assert!(bought(&a) != bought(&b), "{a:?} {b:?}");
    }
    assert_eq!(one.left(&acme).await + one.left(&other).await, 30);
    one.is_sound().await;
}

pub async fn sells_nothing_without_credit_or_offer(rig: &impl Rig) {
    let world = World::new(rig).await;
    let poor = world.account(Msat::new(PRICE.get() - 1)).await;
    let rich = world.account(credit(3)).await;
    let nowhere = world.store.buy_keyword(new(&rich, "pacman"), at(1)).await.unwrap();
    assert_eq!(nowhere, BoughtKeyword::NotOffered);
    world.shared_number().await;
    let short = world.store.buy_keyword(new(&poor, "pacman"), at(1)).await.unwrap();
    assert_eq!(short, BoughtKeyword::Insufficient { available: Msat::new(PRICE.get() - 1) });
    let limited =
        AccountSettings { spend_per_day: Some(Msat::new(5)), ..AccountSettings::default() };
    assert!(world.store.set_account_settings(rich.id, limited, BY, at(1)).await.unwrap());
    let capped = world.store.buy_keyword(new(&rich, "pacman"), at(1)).await.unwrap();
    assert_eq!(capped, BoughtKeyword::OverDailyLimit { left: Msat::new(5) });
    let free = NewKeyword { offer: Offer::Free, price: Msat::ZERO, ..new(&rich, "pacman") };
    let free = world.store.buy_keyword(free, at(1)).await.unwrap();
    assert_eq!(free, BoughtKeyword::NotOffered, "a shared number is not free");
    assert_eq!(world.words(rich.id).await, Vec::<String>::new());
    assert_eq!((world.left(&rich).await, world.left(&poor).await), (3, 0));
    world.is_sound().await;
}

pub async fn renews_a_keyword_once_a_period(rig: &impl Rig) {
    let world = World::new(rig).await;
    let acme = world.account(credit(3)).await;
    world.shared_number().await;
    let first = world.buy(&acme, "pacman", at(0)).await;
    assert_eq!(world.renew(&first, at(999)).await, Renewed::NotDue);
    assert_eq!(world.store.due_keywords(at(999), 10).await.unwrap(), []);
    let due = world.store.due_keywords(at(1_000), 10).await.unwrap();
    assert_eq!(due, std::slice::from_ref(&first));
    let Renewed::Paid(second) = world.renew(&first, at(1_010)).await else { panic!() };
    assert_eq!((second.periods, second.paid_until), (2, at(2_000)));
    assert_eq!(world.renew(&first, at(1_010)).await, Renewed::NotDue, "a repeat");
    assert_eq!(world.left(&acme).await, 1);
    // Nothing was served for more than a period.
    let Renewed::Paid(third) = world.renew(&second, at(3_500)).await else { panic!() };
    assert_eq!((third.periods, third.paid_until), (3, at(4_500)));
    world.is_sound().await;
}

pub async fn lets_a_keyword_go_that_is_not_paid(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (acme, other) = (world.account(credit(2)).await, world.account(credit(2)).await);
    world.shared_number().await;
    let spent = world.buy(&acme, "pacman", at(0)).await;
    world.buy(&acme, "tetris", at(0)).await;
    let let_go = world.buy(&other, "doom", at(0)).await;
    let change = KeywordChange { renews: Some(false), reply: None };
    let store = &world.store;
    let stranger = store.change_keyword(let_go.id, Some(acme.id), change.clone(), BY, at(1)).await;
    assert_eq!(stranger.unwrap(), None);
    let by = Actor::Account(other.id);
    let changed = store.change_keyword(let_go.id, Some(other.id), change, by, at(1)).await;
    assert!(!changed.unwrap().unwrap().renews);
    for (keyword, why) in [(&spent, EndedBy::Credit), (&let_go, EndedBy::Owner)] {
        let Renewed::Ended(ended) = world.renew(keyword, at(1_000)).await else { panic!() };
        assert_eq!(ended.ended, Some((at(1_000), why)));
        assert_eq!(world.renew(keyword, at(1_001)).await, Renewed::NotDue);
    }
    world.buy(&other, "pacman", at(1_002)).await;
    assert_eq!(world.words(acme.id).await, ["tetris"]);
    assert_eq!(world.words(other.id).await, ["pacman"]);
    world.is_sound().await;
}

pub async fn ends_a_keyword_whose_account_or_number_is_gone(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (acme, other) = (world.account(credit(2)).await, world.account(credit(2)).await);
    world.shared_number().await;
    let (one, two) =
        (world.buy(&acme, "pacman", at(0)).await, world.buy(&other, "tetris", at(0)).await);
    world.store.set_disabled(acme.id, true, BY, at(1)).await.unwrap();
    let Renewed::Ended(ended) = world.renew(&one, at(1_000)).await else { panic!() };
    assert_eq!(ended.ended, Some((at(1_000), EndedBy::Account)));
    world.store.remove_number(Party::new(SHARED), BY, at(2)).await.unwrap();
    let Renewed::Ended(ended) = world.renew(&two, at(1_000)).await else { panic!() };
    assert_eq!(ended.ended, Some((at(1_000), EndedBy::Number)));
    assert_eq!((world.left(&acme).await, world.left(&other).await), (1, 1));
    world.is_sound().await;
}

pub async fn an_operator_ends_a_keyword_at_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let acme = world.account(credit(2)).await;
    world.shared_number().await;
    let keyword = world.buy(&acme, "pacman", at(0)).await;
    let reply = KeywordChange { renews: None, reply: Some(Some(Text::new("Tak!"))) };
    let changed = world.store.change_keyword(keyword.id, None, reply, OPERATOR, at(1)).await;
    assert_eq!(changed.unwrap().unwrap().reply, Some(Text::new("Tak!")));
    let ended = world.store.end_keyword(keyword.id, OPERATOR, at(2)).await.unwrap().unwrap();
    assert_eq!(ended.ended, Some((at(2), EndedBy::Operator)));
    assert_eq!(world.store.end_keyword(keyword.id, OPERATOR, at(3)).await.unwrap(), None);
    let list = AuditList { account: Some(acme.id), limit: 10, ..AuditList::default() };
    let log = world.store.audit_log(list).await.unwrap();
    let deeds: Vec<_> = log.iter().map(|entry| (entry.action, entry.by)).collect();
    assert_eq!(deeds[..2], [(Action::KeywordEnd, OPERATOR), (Action::KeywordChange, OPERATOR)]);
    assert!(log.iter().all(|entry| !entry.detail.contains("Tak")), "no texts");
    assert_eq!(world.left(&acme).await, 1, "no refund");
    world.is_sound().await;
}

pub async fn keywords_on_an_own_number_cost_nothing(rig: &impl Rig) {
    let world = World::new(rig).await;
    let acme = world.account(Msat::ZERO).await;
    world.own_number(acme.id).await;
    let free = NewKeyword {
        number: Party::new(OWN),
        offer: Offer::Free,
        price: Msat::ZERO,
        ..new(&acme, "pacman")
    };
    let bought = world.store.buy_keyword(free, at(0)).await.unwrap();
    let BoughtKeyword::Bought(keyword) = bought else { panic!("{bought:?}") };
    let Renewed::Paid(renewed) = world.renew(&keyword, at(1_000)).await else { panic!() };
    assert_eq!((renewed.price, renewed.periods), (Msat::ZERO, 2));
    world.is_sound().await;
}

fn receivers(owner: AccountId) -> Arc<Receivers> {
    let shared = Receiver { has_keywords: true, ..Receiver::default() };
    let own = Receiver { account: Some(owner), has_keywords: true, ..Receiver::default() };
    let numbers = [(Party::new(SHARED), shared), (Party::new(OWN), own)].into();
    Arc::new(Receivers { keywords: Keywords::default(), numbers, ..Receivers::default() })
}

pub async fn a_message_belongs_to_the_owner_of_its_keyword(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (acme, other) = (world.account(credit(2)).await, world.account(credit(2)).await);
    world.shared_number().await;
    world.buy(&acme, "pacman", at(0)).await;
    world.buy(&acme, "doom", at(0)).await;
    let receivers = receivers(other.id);
    for (second, (to, text)) in (10..).zip([
        (SHARED, "Pacman! I want two"),
        (SHARED, "what is pacman"),
        (SHARED, "stop pacman"),
        (OWN, "pacman to another number"),
        (SHARED, "\"DOOM\""),
    ]) {
        let part = InboundPart { to: Party::new(to), ..whole(text, at(second)) };
        world.take_as(&receivers, &[part], at(second)).await;
    }
    let inbox = async |account| {
        let found = world.store.received(account, None, 10).await.unwrap();
        let row = |row: &domain::ports::ReceivedMessage| {
            let text = row.message.content.text().unwrap().as_str().to_owned();
            (text, row.keyword.as_ref().map(|word| word.as_str().to_owned()), row.sms_id.unwrap())
        };
        found.iter().map(row).collect::<Vec<_>>()
    };
    let of_acme = inbox(acme.id).await;
    let (doom, pacman) = (&of_acme[0], &of_acme[1]);
    assert_eq!((doom.0.as_str(), doom.1.as_deref()), ("\"DOOM\"", Some("doom")));
    assert_eq!((pacman.0.as_str(), pacman.1.as_deref()), ("Pacman! I want two", Some("pacman")));
    let of_other = inbox(other.id).await;
    let own = &of_other[0];
    assert_eq!((own.0.as_str(), own.1.as_deref()), ("pacman to another number", None));
    assert!(pacman.2 < own.2 && own.2 < doom.2, "ids grow");
    assert_eq!((of_acme.len(), of_other.len(), world.came_in().await.len()), (2, 1, 5));
}

pub async fn a_message_with_a_keyword_is_reported_to_its_owners_callback(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (acme, other) = (world.account(credit(2)).await, world.account(credit(2)).await);
    world.shared_number().await;
    world.buy(&acme, "pacman", at(0)).await;
    for (account, url) in
        [(acme.id, "https://acme.example/in"), (other.id, "https://other.example")]
    {
        let callback_url = Some(url.to_owned());
        let settings = AccountSettings { callback_url, ..AccountSettings::default() };
        assert!(world.store.set_account_settings(account, settings, BY, at(1)).await.unwrap());
    }
    let receivers = receivers(other.id);
    for (second, text) in (10..).zip(["Pacman two", "what is pacman", "stop pacman"]) {
        let part = InboundPart { to: Party::new(SHARED), ..whole(text, at(second)) };
        world.take_as(&receivers, &[part], at(second)).await;
    }
    let calls = async |account| {
        let (account, target) = (Some(account), Some(TargetKind::Callback));
        let search = EventSearch { account, target, limit: 9, ..EventSearch::default() };
        let found = world.store.find_events(search).await.unwrap().events;
        found.into_iter().map(|event| event.url.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(calls(acme.id).await, ["https://acme.example/in"]);
    assert!(calls(other.id).await.is_empty());
}

pub async fn a_reply_is_stored_with_its_message_and_within_its_limits(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (acme, other) = (world.account(credit(2)).await, world.account(credit(2)).await);
    world.shared_number().await;
    let with_reply = NewKeyword { reply: Some(Text::new("Tak!")), ..new(&acme, "pacman") };
    let bought = world.store.buy_keyword(with_reply, at(0)).await.unwrap();
    let BoughtKeyword::Bought(keyword) = bought else { panic!("{bought:?}") };
    world.buy(&other, "tetris", at(0)).await;
    let receivers = receivers(other.id);
    let says = async |from: &str, text: &str, second| {
        let part = InboundPart { from: Party::new(from), ..whole(text, at(second)) };
        world.take_as(&receivers, &[part], at(second)).await.replies
    };
    for (from, text) in [
        ("1920", "pacman from a short code"),
        ("Pacman", "pacman from a name"),
        (OWN, "pacman from a number of ours"),
        ("4520123456", "tetris has no reply"),
        ("4520123456", "STOP"),
    ] {
        assert_eq!(says(from, text, 10).await, 0, "{text}");
    }
    for second in 0..KEYWORD_REPLIES_PER_HOUR_MAX {
        assert_eq!(says("4520123456", "pacman", 20 + u64::from(second)).await, 1);
    }
    assert_eq!(says("4520123456", "pacman", 30).await, 0, "enough for an hour");
    assert_eq!(says("4520123457", "pacman", 31).await, 1, "another sender");
    let later = 20 + KEYWORD_REPLIES_HOUR.as_secs();
    assert_eq!(says("4520123456", "pacman", later).await, 1, "an hour later");

    let due = world.store.due_replies(100).await.unwrap();
    assert_eq!(due.len(), KEYWORD_REPLIES_PER_HOUR_MAX as usize + 2);
    let first = &due[0];
    assert_eq!((first.account, first.text.clone()), (acme.id, Some(Text::new("Tak!"))));
    assert_eq!((first.number.as_str(), first.to.as_str()), (SHARED, "4520123456"));
    world.store.end_reply(first.inbound, at(40)).await.unwrap();
    world.store.end_reply(first.inbound, at(41)).await.unwrap();
    world.store.end_keyword(keyword.id, OPERATOR, at(42)).await.unwrap();
    let rest = world.store.due_replies(100).await.unwrap();
    assert_eq!(rest.len(), due.len() - 1);
    assert!(rest.iter().all(|reply| reply.text.is_none()), "the keyword has ended");
}
