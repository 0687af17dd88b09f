//! The address book of an account, and who is in its groups.

use std::collections::BTreeMap;

use domain::account::contacts::{Contact, UploadMode};
use domain::account::operator::Action;
use domain::account::people::{ContactRef, FoundContact, PersonChange};
use domain::id::{AccountId, GroupId, PersonId};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{Membership, PortError};

use super::Rig;
use super::directory::msisdn;
use super::world::{BY, World, at};

/// An account with two groups.
struct Book {
    world: World,
    account: AccountId,
    groups: [GroupId; 2],
}

fn named(name: &str, number: Option<u64>) -> PersonChange {
    let name = Some(name.to_owned());
    PersonChange { name, number: number.map(msisdn), fields: BTreeMap::new() }
}

const fn person(id: i64) -> ContactRef {
    ContactRef::Person(PersonId(id))
}

fn by_number(number: u64) -> ContactRef {
    ContactRef::Number(msisdn(number))
}

impl Book {
    async fn new(rig: &impl Rig) -> Self {
        let world = World::new(rig).await;
        let account = world.account(Msat::ZERO).await.id;
        let add = async |name: &str| {
            let name = name.parse().unwrap();
            world.store.add_group(account, name, BY, at(1)).await.unwrap().id
        };
        let groups = [add("one").await, add("two").await];
        Self { world, account, groups }
    }

    async fn put(&self, new: PersonChange) -> FoundContact {
        self.world.store.put_person(self.account, new, BY, at(2)).await.unwrap()
    }

    async fn change(&self, contact: ContactRef, change: PersonChange) -> Option<FoundContact> {
        let store = &self.world.store;
        store.change_person(self.account, contact, change, BY, at(3)).await.unwrap()
    }

    async fn join(&self, contact: ContactRef, group: GroupId) -> Membership {
        let store = &self.world.store;
        store.join_group(self.account, contact, group, BY, at(4)).await.unwrap()
    }

    async fn leave(&self, contact: ContactRef, group: GroupId) -> Membership {
        let store = &self.world.store;
        store.leave_group(self.account, contact, group, BY, at(5)).await.unwrap()
    }

    async fn find(&self, contact: ContactRef) -> Option<FoundContact> {
        self.world.store.find_contact(self.account, contact).await.unwrap()
    }

    /// A file with these numbers and names.
    async fn upload(&self, group: GroupId, contacts: &[(u64, &str)]) {
        let store = &self.world.store;
        let begun = store.begin_upload(self.account, group, UploadMode::Add, at(6)).await;
        let upload = begun.unwrap().unwrap();
        let contact = |(number, name): &(u64, &str)| Contact {
            number: msisdn(*number),
            name: Some((*name).to_owned()),
            fields: BTreeMap::from([("city".to_owned(), "Odense".to_owned())]),
        };
        let contacts = contacts.iter().map(contact).collect();
        store.add_contacts(upload, contacts).await.unwrap();
        assert_eq!(store.merge_contacts(upload, None).await.unwrap().next, None);
        store.finish_upload(upload, BY, at(7)).await.unwrap();
    }

    async fn numbers(&self, group: GroupId) -> Vec<Msisdn> {
        let numbers = self.world.store.group_numbers(self.account, group).await.unwrap().unwrap();
        let count = self.world.store.group(self.account, group).await.unwrap().unwrap().contacts;
        assert_eq!(numbers.len(), count as usize, "the count of the group is right");
        numbers
    }

    /// Name of each number, as a message to the group would have it.
    async fn names(&self, group: GroupId) -> Vec<Option<String>> {
        let contacts = self.world.store.contacts(self.account, group, None, 99).await.unwrap();
        contacts.unwrap().into_iter().map(|contact| contact.name).collect()
    }
}

fn done(membership: Membership) -> FoundContact {
    match membership {
        Membership::Done(contact) => contact,
        other => panic!("{other:?}"),
    }
}

pub async fn keeps_people_with_ids_of_their_account(rig: &impl Rig) {
    let book = Book::new(rig).await;
    let ida = book.put(named("Ida", Some(1))).await;
    let bo = book.put(named("Bo", None)).await;
    assert_eq!((ida.named(), bo.named()), (Some(person(1)), Some(person(2))));
    assert_eq!((ida.number, bo.number), (Some(msisdn(1)), None));
    assert_eq!(book.find(person(1)).await, Some(ida.clone()));
    assert_eq!(book.find(by_number(1)).await, Some(ida.clone()));
    assert_eq!(book.find(by_number(2)).await, None);
    let all = async |skip, limit| {
        let found = book.world.store.people(book.account, skip, limit).await.unwrap();
        found.into_iter().filter_map(|contact| contact.name).collect::<Vec<_>>()
    };
    assert_eq!(all(0, 9).await, ["Ida", "Bo"]);
    assert_eq!((all(0, 1).await, all(1, 9).await), (vec!["Ida".into()], vec!["Bo".into()]));
    let other = book.world.account(Msat::ZERO).await.id;
    let store = &book.world.store;
    assert_eq!(store.find_contact(other, person(1)).await, Ok(None));
    assert_eq!(store.find_contact(other, by_number(1)).await, Ok(None));
    assert_eq!(store.change_person(other, person(1), named("X", None), BY, at(9)).await, Ok(None));
    assert_eq!(store.remove_person(other, person(1), BY, at(9)).await, Ok(false));
    let theirs = store.put_person(other, named("Eva", Some(1)), BY, at(9)).await.unwrap();
    assert_eq!(theirs.named(), Some(person(1)));
    assert!(store.remove_person(book.account, person(2), BY, at(9)).await.unwrap());
    assert!(!store.remove_person(book.account, person(2), BY, at(9)).await.unwrap());
    assert_eq!(book.put(named("Kim", None)).await.named(), Some(person(3)), "no id comes again");
}

pub async fn a_number_has_one_person(rig: &impl Rig) {
    let book = Book::new(rig).await;
    let street = |street: &str| BTreeMap::from([("street".to_owned(), street.to_owned())]);
    book.put(PersonChange { fields: street("Gade 1"), ..named("Ida", Some(1)) }).await;
    let again = book.put(named("Ida B", Some(1))).await;
    assert_eq!((again.named(), again.name.as_deref()), (Some(person(1)), Some("Ida B")));
    assert_eq!(again.fields, street("Gade 1"), "what is not said stays");
    book.put(named("Bo", Some(2))).await;
    let store = &book.world.store;
    let change = PersonChange { number: Some(msisdn(1)), ..PersonChange::default() };
    let taken = store.change_person(book.account, person(2), change, BY, at(9)).await;
    assert!(matches!(taken, Err(PortError::Conflict(_))), "{taken:?}");
    assert_eq!(book.find(person(2)).await.unwrap().number, Some(msisdn(2)));
}

pub async fn a_person_is_in_groups_with_its_number(rig: &impl Rig) {
    let book = Book::new(rig).await;
    let [one, two] = book.groups;
    book.put(named("Ida", Some(1))).await;
    assert_eq!(done(book.join(person(1), one).await).groups, [one]);
    assert_eq!(done(book.join(by_number(1), two).await).groups, [one, two]);
    assert_eq!(done(book.join(person(1), two).await).groups, [one, two], "idempotent");
    assert_eq!(book.numbers(one).await, [msisdn(1)]);
    let changed = book.change(person(1), named("Ida B", Some(3))).await.unwrap();
    assert_eq!((changed.number, changed.groups), (Some(msisdn(3)), vec![one, two]));
    assert_eq!(
        (book.numbers(one).await, book.numbers(two).await),
        (vec![msisdn(3)], vec![msisdn(3)])
    );
    assert_eq!(book.names(two).await, [Some("Ida B".to_owned())]);
    assert_eq!(done(book.leave(person(1), one).await).groups, [two]);
    assert_eq!(done(book.leave(person(1), one).await).groups, [two], "idempotent");
    assert_eq!(book.numbers(one).await, []);
    let store = &book.world.store;
    assert!(store.remove_person(book.account, person(1), BY, at(9)).await.unwrap());
    assert_eq!(book.numbers(two).await, []);
    let actions: Vec<_> = book.world.deeds().await.into_iter().map(|(action, _)| action).collect();
    let last = [Action::ContactLeave, Action::ContactLeave, Action::ContactRemove];
    assert!(actions.ends_with(&last), "{actions:?}");
}

pub async fn a_person_without_a_number_is_in_groups(rig: &impl Rig) {
    let book = Book::new(rig).await;
    let [one, two] = book.groups;
    book.put(named("Bo", None)).await;
    book.join(person(1), one).await;
    assert_eq!(done(book.join(person(1), two).await).groups, [one, two]);
    assert_eq!(book.numbers(one).await, [], "nothing can be sent there");
    let members = async |group, skip| {
        let store = &book.world.store;
        store.group_members(book.account, group, skip, 9).await.unwrap().unwrap()
    };
    assert_eq!(members(one, 0).await.len(), 1);
    assert_eq!(done(book.leave(person(1), two).await).groups, [one]);
    let given = book.change(person(1), named("Bo", Some(5))).await.unwrap();
    assert_eq!((given.number, given.groups), (Some(msisdn(5)), vec![one]));
    assert_eq!(book.numbers(one).await, [msisdn(5)]);
    assert_eq!(members(one, 0).await, [book.find(person(1)).await.unwrap()], "once");
    book.put(named("Eva", None)).await;
    book.join(person(2), one).await;
    assert_eq!(members(one, 1).await, [book.find(person(2)).await.unwrap()]);
    assert!(book.world.store.remove_group(book.account, one, BY, at(9)).await.unwrap());
    assert_eq!(book.find(person(2)).await.unwrap().groups, []);
}

pub async fn finds_contacts_of_files_by_number(rig: &impl Rig) {
    let book = Book::new(rig).await;
    let [one, two] = book.groups;
    book.upload(one, &[(1, "Ida"), (2, "Bo")]).await;
    let ida = book.find(by_number(1)).await.unwrap();
    assert_eq!((ida.named(), ida.name.as_deref()), (Some(by_number(1)), Some("Ida")));
    assert_eq!((ida.fields["city"].as_str(), ida.groups), ("Odense", vec![one]));
    assert_eq!(book.world.store.people(book.account, 0, 9).await.unwrap(), []);
    assert_eq!(done(book.join(by_number(1), two).await).groups, [one, two]);
    assert_eq!(book.names(two).await, [Some("Ida".to_owned())]);
    // Edited, it is a person; so it is when one of its number is added.
    let edited = book.change(by_number(1), named("Ida B", None)).await.unwrap();
    assert_eq!((edited.named(), &edited.groups), (Some(person(1)), &vec![one, two]));
    assert_eq!(edited.fields["city"], "Odense");
    assert_eq!(book.names(two).await, [Some("Ida B".to_owned())]);
    let bo = book.put(named("Bo B", Some(2))).await;
    assert_eq!((bo.named(), bo.groups), (Some(person(2)), vec![one]));
    book.upload(one, &[(1, "Somebody"), (3, "Eva")]).await;
    let store = &book.world.store;
    let members = store.group_members(book.account, one, 0, 9).await.unwrap().unwrap();
    let named: Vec<_> = members.iter().map(|contact| contact.named().unwrap()).collect();
    assert_eq!(named, [person(1), person(2), by_number(3)]);
    assert_eq!(
        members[0].name.as_deref(),
        Some("Ida B"),
        "the address book wins where it is shown"
    );
    assert!(store.remove_person(book.account, by_number(3), BY, at(9)).await.unwrap());
    assert_eq!(book.find(by_number(3)).await, None);
    let last = done(book.leave(by_number(2), one).await);
    assert_eq!((last.named(), last.groups), (Some(person(2)), vec![]));
}

pub async fn a_contact_of_a_file_is_gone_with_its_last_group(rig: &impl Rig) {
    let book = Book::new(rig).await;
    let [one, two] = book.groups;
    book.upload(one, &[(1, "Ida")]).await;
    let left = done(book.leave(by_number(1), one).await);
    assert_eq!((left.number, left.groups), (Some(msisdn(1)), vec![]));
    assert_eq!(book.leave(by_number(1), one).await, Membership::NoSuchContact);
    assert_eq!(book.join(person(1), one).await, Membership::NoSuchContact);
    book.put(named("Bo", None)).await;
    let other = book.world.account(Msat::ZERO).await.id;
    let store = &book.world.store;
    let theirs = store.add_group(other, "three".parse().unwrap(), BY, at(1)).await.unwrap().id;
    assert_eq!(book.join(person(1), theirs).await, Membership::NoSuchGroup);
    assert_eq!(book.leave(person(1), theirs).await, Membership::NoSuchGroup);
    assert_eq!(store.group_members(book.account, theirs, 0, 9).await, Ok(None));
    assert_eq!(store.group_members(book.account, two, 0, 9).await, Ok(Some(vec![])));
}
