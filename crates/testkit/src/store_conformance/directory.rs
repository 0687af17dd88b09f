//! Sender names, templates, and groups of contacts.

use std::collections::BTreeMap;

use domain::account::contacts::{Contact, Merged, UploadMode};
use domain::account::operator::{Action, Actor};
use domain::account::sender::{SenderEvent, SenderState};
use domain::account::template::{Label, Template};
use domain::id::{AccountId, GroupId, OperatorId, SenderNumber, TemplateId};
use domain::limits::{CONTACTS_BATCH_MAX, DIRECTORY_PAGE_ROWS};
use domain::money::Msat;
use domain::number::{Msisdn, SenderId};
use domain::ports::{AuditList, PortError, SenderList};
use domain::text::Text;

use super::Rig;
use super::world::{BY, World, at};

const OPERATOR: Actor = Actor::Operator(OperatorId(7));

fn named(name: &str) -> SenderId {
    name.parse().unwrap()
}

fn label(name: &str) -> Label {
    name.parse().unwrap()
}

pub(super) fn msisdn(number: u64) -> Msisdn {
    Msisdn::from_digits(4_500_000_000 + number).unwrap()
}

fn contact(number: u64, name: Option<&str>) -> Contact {
    let fields = name.map(|name| ("first".to_owned(), name.to_owned())).into_iter().collect();
    Contact { number: msisdn(number), name: name.map(str::to_owned), fields }
}

impl World {
    async fn someone(&self) -> AccountId {
        self.account(Msat::ZERO).await.id
    }

    /// The audit log, oldest first.
    pub(super) async fn deeds(&self) -> Vec<(Action, Actor)> {
        let list = AuditList { limit: 1_000, ..AuditList::default() };
        let mut log = self.store.audit_log(list).await.unwrap();
        log.reverse();
        log.iter().map(|entry| (entry.action, entry.by)).collect()
    }

    async fn may(&self, account: AccountId, name: &str) -> Option<SenderState> {
        self.store.sender_state(account, named(name)).await.unwrap()
    }

    async fn new_group(&self, account: AccountId) -> GroupId {
        let name = format!("group {}", self.number());
        self.store.add_group(account, label(&name), BY, at(1)).await.unwrap().id
    }

    async fn numbers(&self, account: AccountId, group: GroupId) -> Vec<Msisdn> {
        self.store.group_numbers(account, group).await.unwrap().unwrap()
    }
}

pub async fn approves_a_sender_name_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.someone().await;
    for secs in [1, 2] {
        let sender = world.store.add_sender(account, named("ACME"), BY, at(secs)).await.unwrap();
        assert_eq!((sender.state, sender.created_at), (SenderState::Approved, at(1)));
    }
    let senders = world.store.senders(account).await.unwrap();
    assert_eq!(senders.len(), 1);
    assert_eq!((senders[0].decided.by, senders[0].decided.at), (BY, at(1)));
    assert!(world.store.senders(AccountId(999)).await.unwrap().is_empty());
    let nobody = world.store.add_sender(AccountId(999), named("X"), BY, at(1)).await;
    assert!(matches!(nobody, Err(PortError::Refused(_))), "{nobody:?}");
}

pub async fn decides_on_a_requested_sender_name(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.someone().await;
    let by = Actor::Account(account);
    let asked = world.store.request_sender(account, named("ACME"), by, at(1)).await.unwrap();
    assert_eq!(asked.state, SenderState::Requested);
    assert_eq!(world.may(account, "ACME").await, Some(SenderState::Requested));
    let decide = |event, note: Option<&str>| {
        world.store.decide_sender(asked.number, event, note.map(str::to_owned), OPERATOR, at(2))
    };
    let rejected = decide(SenderEvent::Reject, Some("a brand")).await.unwrap().unwrap();
    assert_eq!(rejected.state, SenderState::Rejected);
    assert_eq!(rejected.decided.note.as_deref(), Some("a brand"));
    let refused = decide(SenderEvent::Approve, None).await;
    assert!(matches!(refused, Err(PortError::Conflict(_))), "{refused:?}");

    let again = world.store.request_sender(account, named("ACME"), by, at(3)).await.unwrap();
    assert_eq!((again.number, again.state), (asked.number, SenderState::Requested));
    decide(SenderEvent::Approve, None).await.unwrap().unwrap();
    // A repeat is not a second decision.
    let repeat = decide(SenderEvent::Approve, Some("other")).await.unwrap().unwrap();
    assert_eq!((repeat.state, repeat.decided.note), (SenderState::Approved, None));
    decide(SenderEvent::Withdraw, None).await.unwrap().unwrap();
    assert_eq!(world.may(account, "ACME").await, Some(SenderState::Withdrawn));
    let none = world.store.decide_sender(SenderNumber(999), SenderEvent::Approve, None, BY, at(4));
    assert_eq!(none.await.unwrap(), None);
    let expected = [
        (Action::AccountAdd, BY),
        (Action::SenderRequest, by),
        (Action::SenderReject, OPERATOR),
        (Action::SenderRequest, by),
        (Action::SenderApprove, OPERATOR),
        (Action::SenderWithdraw, OPERATOR),
    ];
    assert_eq!(world.deeds().await, expected);
}

pub async fn shares_an_approved_sender_name_with_every_account(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (owner, other) = (world.someone().await, world.someone().await);
    let asked = world.store.request_sender(owner, named("INFO"), BY, at(1)).await.unwrap();
    world.store.share_sender(asked.number, true, BY, at(2)).await.unwrap().unwrap();
    assert_eq!(world.may(other, "INFO").await, None, "not before it is approved");
    let approve = SenderEvent::Approve;
    world.store.decide_sender(asked.number, approve, None, BY, at(3)).await.unwrap().unwrap();
    assert_eq!(world.may(other, "INFO").await, Some(SenderState::Approved));
    world.store.add_sender(other, named("OWN"), BY, at(4)).await.unwrap();
    let names: Vec<_> = world.store.senders(other).await.unwrap();
    let names: Vec<_> = names.iter().map(|s| (s.name.as_str(), s.shared)).collect();
    assert_eq!(names, [("INFO", true), ("OWN", false)]);
    // A rejected request of the account does not hide a shared sender name.
    world.store.request_sender(other, named("INFO"), BY, at(5)).await.unwrap();
    assert_eq!(world.may(other, "INFO").await, Some(SenderState::Approved));
    world.store.share_sender(asked.number, false, BY, at(6)).await.unwrap().unwrap();
    assert_eq!(world.may(other, "INFO").await, Some(SenderState::Requested));
    assert_eq!(world.may(owner, "INFO").await, Some(SenderState::Approved));
}

pub async fn lists_sender_names_page_by_page(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (one, two) = (world.someone().await, world.someone().await);
    for name in ["A", "B", "C"] {
        world.store.request_sender(one, named(name), BY, at(1)).await.unwrap();
    }
    world.store.add_sender(two, named("D"), BY, at(1)).await.unwrap();
    let list = |account, state, after| {
        let list = SenderList { account, state, after, limit: 2 };
        let listed = world.store.sender_list(list);
        async {
            listed.await.unwrap().iter().map(|s| s.name.as_str().to_owned()).collect::<Vec<_>>()
        }
    };
    let first = world.store.sender_list(SenderList { limit: 2, ..SenderList::default() });
    let first = first.await.unwrap();
    assert_eq!(list(None, None, None).await, ["A", "B"]);
    assert_eq!(list(None, None, Some(first[1].number)).await, ["C", "D"]);
    assert_eq!(list(Some(two), None, None).await, ["D"]);
    let state = Some(SenderState::Requested);
    assert_eq!(list(None, state, Some(first[1].number)).await, ["C"]);
}

pub async fn keeps_templates_of_each_account_apart(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (one, two) = (world.someone().await, world.someone().await);
    let add = |account, name: &str, text: &str| {
        world.store.add_template(account, label(name), Text::from(text), BY, at(1))
    };
    let first = add(one, "hello", "Hej {{name}}").await.unwrap();
    let second = add(one, "bye", "Farvel").await.unwrap();
    add(two, "hello", "Hi").await.unwrap();
    let taken = add(one, "hello", "x").await;
    assert!(matches!(taken, Err(PortError::Conflict(_))), "{taken:?}");
    for text in ["", &"x".repeat(1_001)] {
        let unfit = add(one, "other", text).await;
        assert!(matches!(unfit, Err(PortError::Refused(_))), "{unfit:?}");
    }
    assert_eq!(world.store.template(one, first.id).await.unwrap(), Some(first.clone()));
    assert_eq!(world.store.template(two, first.id).await.unwrap(), None);
    let ids = |list: Vec<Template>| list.iter().map(|t| t.id).collect::<Vec<_>>();
    assert_eq!(ids(world.store.templates(one, None, 1).await.unwrap()), [first.id]);
    assert_eq!(ids(world.store.templates(one, Some(first.id), 9).await.unwrap()), [second.id]);

    let text = Some(Text::from("Hej"));
    let changed = world.store.change_template(one, first.id, None, text, BY, at(2)).await.unwrap();
    let changed = changed.unwrap();
    assert_eq!((changed.name.as_str(), changed.text.as_str()), ("hello", "Hej"));
    assert_eq!((changed.created_at, changed.updated_at), (at(1), at(2)));
    let name = Some(label("bye"));
    let taken = world.store.change_template(one, first.id, name, None, BY, at(3)).await;
    assert!(matches!(taken, Err(PortError::Conflict(_))), "{taken:?}");
    let others = world.store.change_template(two, first.id, None, None, BY, at(3)).await;
    assert_eq!(others.unwrap(), None);
    assert!(!world.store.remove_template(two, first.id, BY, at(4)).await.unwrap());
    assert!(world.store.remove_template(one, first.id, BY, at(4)).await.unwrap());
    assert_eq!(world.store.template(one, first.id).await.unwrap(), None);
    assert_eq!(world.store.template(one, TemplateId(999)).await.unwrap(), None);
    let log = AuditList { limit: 99, ..AuditList::default() };
    let log = world.store.audit_log(log).await.unwrap();
    assert!(log.iter().all(|entry| !entry.detail.contains("Hej")), "the log has no texts");
}

pub async fn keeps_groups_of_contacts(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (account, other) = (world.someone().await, world.someone().await);
    let group = world.store.add_group(account, label("VIP"), BY, at(1)).await.unwrap();
    let taken = world.store.add_group(account, label("VIP"), BY, at(1)).await;
    assert!(matches!(taken, Err(PortError::Conflict(_))), "{taken:?}");
    assert!(world.numbers(account, group.id).await.is_empty());
    assert_eq!(world.store.group_numbers(other, group.id).await.unwrap(), None);
    assert_eq!(world.store.group(other, group.id).await.unwrap(), None);
    let renamed = world.store.rename_group(account, group.id, label("All"), BY, at(2)).await;
    assert_eq!(renamed.unwrap().unwrap().name.as_str(), "All");

    let begin = |of, group, mode| world.store.begin_upload(of, group, mode, at(3));
    assert_eq!(begin(other, group.id, UploadMode::Add).await.unwrap(), None);
    let upload = begin(account, group.id, UploadMode::Add).await.unwrap().unwrap();
    let batch = vec![contact(3, Some("Ida")), contact(1, None), contact(3, None)];
    assert_eq!(world.store.add_contacts(upload, batch.clone()).await.unwrap(), 2);
    assert_eq!(world.store.add_contacts(upload, batch).await.unwrap(), 0, "a repeat is harmless");
    assert!(world.numbers(account, group.id).await.is_empty(), "the file was not read to its end");
    for added in [2, 0] {
        let merged = world.store.merge_contacts(upload, None).await.unwrap();
        assert_eq!(merged, Merged { added, next: None });
    }
    let whole = world.store.finish_upload(upload, OPERATOR, at(4)).await.unwrap();
    assert_eq!((whole.contacts, whole.updated_at), (2, at(4)));
    assert_eq!(world.numbers(account, group.id).await, [msisdn(1), msisdn(3)]);
    let page = world.store.contacts(account, group.id, Some(msisdn(1)), 9).await.unwrap().unwrap();
    assert_eq!(page, [contact(3, Some("Ida"))]);
    assert_eq!(page[0].fields, BTreeMap::from([("first".to_owned(), "Ida".to_owned())]));

    let remove = |number| world.store.remove_contact(account, group.id, msisdn(number), BY, at(5));
    assert!(remove(1).await.unwrap());
    assert!(!remove(1).await.unwrap());
    assert_eq!(world.store.group(account, group.id).await.unwrap().unwrap().contacts, 1);
    assert!(!world.store.remove_group(other, group.id, BY, at(6)).await.unwrap());
    assert!(world.store.remove_group(account, group.id, BY, at(6)).await.unwrap());
    assert_eq!(world.store.group_numbers(account, group.id).await.unwrap(), None);
    let late = world.store.add_contacts(upload, vec![contact(9, None)]).await;
    assert!(matches!(late, Err(PortError::Conflict(_))), "{late:?}");
}

pub async fn merges_an_upload_batch_by_batch(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.someone().await;
    let group = world.new_group(account).await;
    let begin = |mode| world.store.begin_upload(account, group, mode, at(2));
    let old = begin(UploadMode::Replace).await.unwrap().unwrap();
    let known = vec![contact(1, Some("Ida")), contact(2, Some("Bo")), contact(9_000, None)];
    world.store.add_contacts(old, known).await.unwrap();
    world.store.finish_upload(old, BY, at(3)).await.unwrap();

    let upload = begin(UploadMode::Add).await.unwrap().unwrap();
    let count = u64::try_from(CONTACTS_BATCH_MAX).unwrap() + 1;
    let all: Vec<_> = (1..=count).map(|number| contact(number, None)).collect();
    for batch in all.chunks(CONTACTS_BATCH_MAX) {
        world.store.add_contacts(upload, batch.to_vec()).await.unwrap();
    }
    world.store.add_contacts(upload, vec![contact(2, Some("Åse"))]).await.unwrap();
    let first = world.store.merge_contacts(upload, None).await.unwrap();
    let added = u32::try_from(count - 3).unwrap();
    assert_eq!(first, Merged { added, next: Some(msisdn(count - 1)) });
    let last = world.store.merge_contacts(upload, first.next).await.unwrap();
    assert_eq!(last, Merged { added: 1, next: None });
    let whole = world.store.finish_upload(upload, BY, at(4)).await.unwrap();
    assert_eq!(u64::from(whole.contacts), count + 1);
    let page = world.store.contacts(account, group, None, 2).await.unwrap().unwrap();
    assert_eq!(page, [contact(1, Some("Ida")), contact(2, Some("Åse"))]);

    let abandoned = begin(UploadMode::Add).await.unwrap().unwrap();
    world.store.add_contacts(abandoned, vec![contact(9_001, None)]).await.unwrap();
    world.store.abandon_upload(abandoned).await.unwrap();
    for late in [
        world.store.merge_contacts(abandoned, None).await.map(drop),
        world.store.finish_upload(abandoned, BY, at(5)).await.map(drop),
        world.store.merge_contacts(upload, None).await.map(drop),
    ] {
        assert!(matches!(late, Err(PortError::Conflict(_))), "{late:?}");
    }
    assert_eq!(world.numbers(account, group).await.len() as u64, count + 1);
}

pub async fn shows_the_old_numbers_until_the_upload_is_complete(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.someone().await;
    let group = world.new_group(account).await;
    let replace = || world.store.begin_upload(account, group, UploadMode::Replace, at(2));
    let first = replace().await.unwrap().unwrap();
    world.store.add_contacts(first, vec![contact(1, None), contact(2, None)]).await.unwrap();
    assert!(world.numbers(account, group).await.is_empty());
    world.store.finish_upload(first, BY, at(3)).await.unwrap();
    assert_eq!(world.numbers(account, group).await, [msisdn(1), msisdn(2)]);

    let (broken, second) = (replace().await.unwrap().unwrap(), replace().await.unwrap().unwrap());
    world.store.add_contacts(broken, vec![contact(7, None)]).await.unwrap();
    world.store.add_contacts(second, vec![contact(3, None)]).await.unwrap();
    world.store.abandon_upload(broken).await.unwrap();
    let late = world.store.finish_upload(broken, BY, at(4)).await;
    assert!(matches!(late, Err(PortError::Conflict(_))), "{late:?}");
    world.store.finish_upload(second, BY, at(4)).await.unwrap();
    assert_eq!(world.numbers(account, group).await, [msisdn(3)]);

    // The process died in between: the upload is deleted when it is old.
    let killed = replace().await.unwrap().unwrap();
    world.store.add_contacts(killed, vec![contact(8, None)]).await.unwrap();
    let mut gone = 0;
    while let some @ 1.. = world.store.drop_lists(at(2), 1).await.unwrap() {
        gone += some;
        assert!(gone < 20, "it ends");
    }
    assert!(gone >= 3, "two replaced lists and one abandoned upload: {gone}");
    assert_eq!(world.store.add_contacts(killed, vec![contact(9, None)]).await.unwrap(), 1);
    while world.store.drop_lists(at(3), 100).await.unwrap() > 0 {}
    let late = world.store.add_contacts(killed, vec![contact(9, None)]).await;
    assert!(matches!(late, Err(PortError::Conflict(_))), "{late:?}");
    assert_eq!(world.numbers(account, group).await, [msisdn(3)]);
}

pub async fn reads_all_numbers_of_a_large_group_in_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.someone().await;
    let group = world.new_group(account).await;
    let upload = world.store.begin_upload(account, group, UploadMode::Add, at(1));
    let upload = upload.await.unwrap().unwrap();
    let count = 2 * u64::from(DIRECTORY_PAGE_ROWS);
    let all: Vec<_> = (0..count).rev().map(|number| contact(number, None)).collect();
    for batch in all.chunks(CONTACTS_BATCH_MAX) {
        world.store.add_contacts(upload, batch.to_vec()).await.unwrap();
    }
    let too_many = world.store.add_contacts(upload, all[..=CONTACTS_BATCH_MAX].to_vec()).await;
    assert!(matches!(too_many, Err(PortError::Refused(_))), "{too_many:?}");
    let mut after = None;
    loop {
        after = world.store.merge_contacts(upload, after).await.unwrap().next;
        if after.is_none() {
            break;
        }
    }
    let group = world.store.finish_upload(upload, BY, at(2)).await.unwrap();
    assert_eq!(u64::from(group.contacts), count);
    let numbers = world.numbers(account, group.id).await;
    assert!(numbers.iter().copied().eq((0..count).map(msisdn)));
}
