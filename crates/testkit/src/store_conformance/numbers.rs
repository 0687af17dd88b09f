//! Numbers of ours: those which operators add, and those which the configuration file declares.

use domain::account::operator::{Action, Actor};
use domain::id::{AccountId, OperatorId};
use domain::inbound::Party;
use domain::money::Msat;
use domain::number::own::{
    Abilities, Line, NumberChange, NumberOrigin, NumberState, NumberTerms, NumbersDeclared,
    OwnNumber,
};
use domain::ports::{NumberList, PortError};
use domain::routing::CarrierName;

use super::Rig;
use super::world::{World, at};

const OPERATOR: Actor = Actor::Operator(OperatorId(7));

fn party(number: &str) -> Party {
    Party::new(number)
}

fn of(account: AccountId) -> NumberTerms {
    NumberTerms {
        country: "DK".parse().ok(),
        can: Abilities { receive: true, send: false, lend: true, rent: true, keywords: false },
        line: Some(Line::Carrier(CarrierName::new("main"))),
        account: Some(account),
        webhook_url: Some("https://acme.example/inbound".to_owned()),
        help: Some("acme.example".into()),
        keywords: vec!["CANCEL".to_owned(), "opt out".to_owned()],
    }
}

fn done(change: Result<NumberChange, PortError>) -> OwnNumber {
    match change {
        Ok(NumberChange::Done(number)) => number,
        other => panic!("{other:?}"),
    }
}

impl World {
    async fn all_numbers(&self) -> Vec<OwnNumber> {
        let list = NumberList { limit: 100, ..NumberList::default() };
        self.store.numbers(list).await.unwrap()
    }
}

pub async fn keeps_a_number_with_its_terms(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    let (store, terms) = (&world.store, of(account));
    let added = store.add_number(party("1919"), terms.clone(), OPERATOR, at(1)).await.unwrap();
    assert_eq!(
        (&added.terms, added.state, added.origin),
        (&terms, NumberState::Active, NumberOrigin::Admin)
    );
    assert_eq!(store.number(party("1919")).await.unwrap(), Some(added));
    let again = store.add_number(party("1919"), terms, OPERATOR, at(2)).await;
    assert!(matches!(again, Err(PortError::Conflict(_))), "{again:?}");
    let nobody = store.add_number(party("1920"), of(AccountId(999)), OPERATOR, at(2)).await;
    assert!(matches!(nobody, Err(PortError::Refused(_))), "{nobody:?}");
    assert_eq!(store.number(party("1920")).await.unwrap(), None);
}

pub async fn lists_numbers_in_their_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    let store = &world.store;
    for (number, terms) in
        [("45123", of(account)), ("1919", NumberTerms::default()), ("299", of(account))]
    {
        store.add_number(party(number), terms, OPERATOR, at(1)).await.unwrap();
    }
    let list = async |account, after: Option<&str>, limit| {
        let list = NumberList { account, after: after.map(party), limit };
        let found = store.numbers(list).await.unwrap();
        found.iter().map(|row| row.number.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None, 2).await, ["1919", "299"]);
    assert_eq!(list(None, Some("299"), 2).await, ["45123"]);
    assert_eq!(list(Some(account), None, 9).await, ["299", "45123"]);
}

pub async fn changes_a_number_and_audits_it_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (store, plain) = (&world.store, NumberTerms::default());
    let none = store.set_number(party("1919"), plain.clone(), OPERATOR, at(1)).await;
    assert_eq!(none, Ok(NumberChange::NoSuchNumber));
    let added = store.add_number(party("1919"), plain.clone(), OPERATOR, at(1)).await.unwrap();
    let same = done(store.set_number(party("1919"), plain, OPERATOR, at(2)).await);
    assert_eq!(same, added, "nothing changed");
    let terms = of(world.account(Msat::ZERO).await.id);
    let set = done(store.set_number(party("1919"), terms.clone(), OPERATOR, at(3)).await);
    assert_eq!((&set.terms, set.created_at, set.updated_at), (&terms, at(1), at(3)));
    for _ in 0..2 {
        let state = NumberState::Disabled;
        let set = done(store.set_number_state(party("1919"), state, OPERATOR, at(4)).await);
        assert_eq!((set.state, set.terms, set.updated_at), (state, terms.clone(), at(4)));
    }
    done(store.remove_number(party("1919"), OPERATOR, at(5)).await);
    let none = store.remove_number(party("1919"), OPERATOR, at(5)).await;
    assert_eq!(none, Ok(NumberChange::NoSuchNumber));
    let deeds = world.deeds().await;
    let deeds: Vec<_> = deeds.iter().filter(|(_, by)| *by == OPERATOR).collect();
    let (add, change) = ((Action::NumberAdd, OPERATOR), (Action::NumberChange, OPERATOR));
    assert_eq!(deeds, [&add, &change, &change, &(Action::NumberRemove, OPERATOR)]);
}

pub async fn follows_the_numbers_of_the_configuration_file(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    let (plain, terms) = (NumberTerms::default(), of(world.account(Msat::ZERO).await.id));
    store.add_number(party("1"), plain.clone(), OPERATOR, at(1)).await.unwrap();
    store.add_number(party("2"), plain.clone(), OPERATOR, at(1)).await.unwrap();

    let file = vec![(party("2"), plain.clone()), (party("3"), plain.clone())];
    let declared = store.declare_numbers(file.clone(), at(2)).await.unwrap();
    assert_eq!(declared, NumbersDeclared { added: 1, changed: 1, left: vec![] });
    let again = store.declare_numbers(file, at(3)).await.unwrap();
    assert_eq!(again, NumbersDeclared::default());
    for refused in [
        store.set_number(party("3"), terms.clone(), OPERATOR, at(3)).await,
        store.remove_number(party("3"), OPERATOR, at(3)).await,
    ] {
        assert_eq!(refused, Ok(NumberChange::OfFile));
    }
    done(store.set_number_state(party("3"), NumberState::Disabled, OPERATOR, at(3)).await);

    let declared = store.declare_numbers(vec![(party("3"), terms.clone())], at(4)).await.unwrap();
    assert_eq!(declared, NumbersDeclared { added: 0, changed: 1, left: vec![party("2")] });
    let rows = world.all_numbers().await;
    let states: Vec<_> = rows.iter().map(|row| (row.origin, row.state)).collect();
    let expected = [
        (NumberOrigin::Admin, NumberState::Active),
        (NumberOrigin::LeftFile, NumberState::Active),
        (NumberOrigin::File, NumberState::Disabled),
    ];
    assert_eq!(states, expected);
    assert_eq!(rows[2].terms, terms);
    let again = store.declare_numbers(vec![(party("3"), terms)], at(5)).await.unwrap();
    assert_eq!(again, NumbersDeclared::default(), "a removed number is reported once");
    let set = done(store.set_number(party("2"), plain, OPERATOR, at(6)).await);
    assert_eq!(set.origin, NumberOrigin::Admin);
    done(store.remove_number(party("2"), OPERATOR, at(7)).await);
}
