//! Numbers of ours as a supplier, over a real store: what comes to a number on loan is delivered, until the engine has it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::activation::country::Country as Sold;
use domain::activation::loan::{LoanMessage, LoanState};
use domain::activation::{CountryCode, Network, NumberRequest, SupplierName};
use domain::id::InboundId;
use domain::inbound::{InboundBody, InboundPart, Party, Spelling};
use domain::money::Msat;
use domain::number::own::{Abilities, NumberTerms};
use domain::number::pool::PoolTerms;
use domain::ports::{Acquire, Clock, Extend, LoanInbox, PortError, Store, Supplier};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use store::Vault;
use suppliers::own::OwnNumbers;
use suppliers::phones::on_phones;
use tempfile::TempDir;
use testkit::clock::TestClock;
use uuid::Uuid;

const NUMBER: &str = "4915100000001";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The engine's side: its first answers, and what it took.
#[derive(Debug, Default)]
struct Taken {
    fails: Mutex<Vec<PortError>>,
    /// It is not ready for messages of this loan.
    not_yet: Option<Uuid>,
    messages: Mutex<Vec<(Uuid, LoanMessage)>>,
}

#[async_trait]
impl LoanInbox for Taken {
    async fn deliver(
        &self,
        supplier: &SupplierName,
        loan: Uuid,
        message: LoanMessage,
    ) -> Result<(), PortError> {
        assert_eq!(supplier.as_str(), "own");
        if self.not_yet == Some(loan) {
            return Err(PortError::Unavailable("not assigned yet".to_owned()));
        }
        self.messages.lock().unwrap().push((loan, message));
        self.fails.lock().unwrap().pop().map_or(Ok(()), Err)
    }
}

struct World {
    store: Arc<dyn Store>,
    clock: Arc<TestClock>,
    own: Arc<OwnNumbers>,
    _data: TempDir,
}

impl World {
    async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", data.path().join("boltgram.db").display());
        let store = store::open(&url, Vault::new([7; 32])).await.unwrap();
        let clock = TestClock::at_noon();
        let can = Abilities { receive: true, send: false, lend: true, rent: true, keywords: false };
        let terms = NumberTerms { country: "DE".parse().ok(), can, ..NumberTerms::default() };
        store.add_number(Party::new(NUMBER), terms, Actor::CommandLine, clock.now()).await.unwrap();
        let own = OwnNumbers::on_carriers(PoolTerms::default(), store.clone(), clock.clone());
        Self { store, clock, own, _data: data }
    }

    async fn comes(&self, text: &str) {
        self.comes_to(NUMBER, text).await;
    }

    async fn comes_to(&self, number: &str, text: &str) {
        let now = self.clock.now();
        let part = InboundPart {
            carrier: CarrierName::new("main"),
            from: Party::new("Telegram"),
            to: Party::new(number),
            spelling: Spelling::default(),
            body: InboundBody::Text(text.to_owned()),
            join: None,
            at: now,
            interrupted_at: Timestamp::default(),
        };
        let parts = vec![(InboundId(Uuid::now_v7()), part)];
        self.store.record_inbound(parts, Arc::default(), now).await.unwrap();
    }

    /// Delivers until the engine took so many.
    async fn deliver(&self, inbox: &Arc<Taken>, count: usize) {
        let run = self.own.run(inbox.clone());
        let taken = async {
            while inbox.messages.lock().unwrap().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // Whether more come.
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        let both = async {
            tokio::select! {
                () = run => panic!("it runs until it is dropped"),
                () = taken => {}
            }
        };
        tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
        assert_eq!(inbox.messages.lock().unwrap().len(), count);
    }
}

fn german() -> CountryCode {
    Sold::find("DE").unwrap().code
}

fn acquire(loan: u128, country: Option<CountryCode>, duration: Option<Duration>) -> Acquire {
    let (loan, service) = (Uuid::from_u128(loan), "tg".parse().unwrap());
    Acquire { loan, service, country, duration, cost_max: Msat::new(1_000) }
}

async fn is_refused<T>(call: impl Future<Output = Result<T, PortError>>) -> bool {
    matches!(call.await, Err(PortError::Refused(_)))
}

#[tokio::test]
async fn lends_a_number_for_a_code_and_delivers_what_comes_to_it() {
    let world = World::new().await;
    let (own, loan) = (&world.own, Uuid::from_u128(1));
    let offers = async |country| {
        own.offers(&NumberRequest::for_code("tg".parse().unwrap(), country)).await.unwrap()
    };
    let swedish = Sold::find("SE").unwrap().code;
    let counts: Vec<_> =
        offers(None).await.iter().map(|offer| (offer.country, offer.count)).collect();
    assert_eq!(counts, [(german(), 1)]);
    assert!(offers(Some(swedish)).await.is_empty());
    assert!(is_refused(own.acquire(acquire(9, Some(swedish), None))).await);
    let lent = own.acquire(acquire(1, Some(german()), None)).await.unwrap();
    assert_eq!((lent.number.e164(), lent.cost), (format!("+{NUMBER}"), Msat::ZERO));
    assert!(is_refused(own.acquire(acquire(2, None, None))).await);
    assert!(offers(None).await.is_empty());
    assert_eq!(own.status(loan).await, Ok(LoanState::Lent(lent.clone(), vec![])));
    world.comes("first 123456").await;
    world.comes("second 654321").await;
    let inbox = Arc::new(Taken::default());
    // The engine's answer to the first one is lost: the same message comes again.
    inbox.fails.lock().unwrap().push(PortError::Unknown("lost".to_owned()));
    world.deliver(&inbox, 3).await;
    let taken = inbox.messages.lock().unwrap().clone();
    let keys: Vec<_> = taken.iter().map(|(of, message)| (*of, message.key.as_str())).collect();
    assert_eq!(keys, [(loan, "1"), (loan, "1"), (loan, "2")]);
    let LoanState::Lent(_, reported) = own.status(loan).await.unwrap() else { panic!() };
    assert_eq!(reported[..], [taken[1].1.clone(), taken[2].1.clone()], "by either way");
    own.await_next(loan).await.unwrap();
    own.finish(loan).await.unwrap();
    own.finish(loan).await.unwrap();
    assert_eq!(own.status(loan).await, Ok(LoanState::Over(reported)));
    assert!(matches!(own.await_next(loan).await, Err(PortError::Conflict(_))));
    world.clock.advance(DAY);
    assert!(is_refused(own.acquire(acquire(3, None, None))).await, "it is used up for the service");
    world.clock.advance(90 * DAY);
    own.acquire(acquire(4, None, None)).await.unwrap();
}

#[tokio::test]
async fn a_message_that_the_engine_does_not_take_yet_holds_up_no_other_buyer() {
    const SECOND: &str = "4915100000002";
    let world = World::new().await;
    let terms = world.store.number(Party::new(NUMBER)).await.unwrap().unwrap().terms;
    let (by, now) = (Actor::CommandLine, world.clock.now());
    world.store.add_number(Party::new(SECOND), terms, by, now).await.unwrap();
    for loan in [1, 2] {
        world.own.acquire(acquire(loan, None, None)).await.unwrap();
    }
    for number in [NUMBER, SECOND] {
        world.comes_to(number, "123456").await;
    }
    let inbox = Taken { not_yet: Some(Uuid::from_u128(1)), ..Taken::default() };
    world.deliver(&Arc::new(inbox), 1).await;
    world.deliver(&Arc::default(), 1).await;
}

#[tokio::test]
async fn rents_a_number_out_and_for_longer() {
    let world = World::new().await;
    let (own, loan) = (&world.own, Uuid::from_u128(1));
    let lent = own.acquire(acquire(1, None, Some(DAY))).await.unwrap();
    assert_eq!(lent.until, world.clock.now().after(DAY));
    let until = lent.until.after(DAY);
    let extend = Extend { loan, from: lent.until, until, cost_max: Msat::ZERO };
    for _ in 0..2 {
        assert_eq!(own.extend(extend).await.unwrap().until, until);
    }
    world.clock.set(until);
    assert_eq!(own.status(loan).await, Ok(LoanState::Over(vec![])));
    assert!(is_refused(own.extend(extend)).await);
    world.clock.advance(13 * DAY);
    assert!(is_refused(own.acquire(acquire(2, None, None))).await, "in quarantine");
    world.clock.advance(DAY);
    own.acquire(acquire(3, None, None)).await.unwrap();
}

#[tokio::test]
async fn an_id_that_was_asked_for_or_released_first_never_gets_a_number() {
    let world = World::new().await;
    let own = &world.own;
    assert_eq!(own.status(Uuid::from_u128(1)).await, Ok(LoanState::Unknown));
    assert!(is_refused(own.acquire(acquire(1, None, None))).await);
    own.release(Uuid::from_u128(2)).await.unwrap();
    assert!(is_refused(own.acquire(acquire(2, None, None))).await);
    own.acquire(acquire(3, None, None)).await.unwrap();
    own.release(Uuid::from_u128(3)).await.unwrap();
    assert_eq!(own.status(Uuid::from_u128(3)).await, Ok(LoanState::Over(vec![])));
    assert!(is_refused(own.acquire(acquire(3, None, None))).await);
}

#[tokio::test]
async fn numbers_on_phones_are_another_supplier() {
    let world = World::new().await;
    let phones = on_phones(PoolTerms::default(), 50, world.store.clone(), world.clock.clone());
    assert_eq!((phones.name().as_str(), phones.network()), ("phones", Network::RealPhones));
    assert_eq!((world.own.name().as_str(), world.own.network()), ("own", Network::Any));
    assert!(is_refused(phones.acquire(acquire(1, None, None))).await);
}

/// The suite of suppliers, on a real store and in real time.
mod suite {
    use std::sync::Arc;
    use std::time::Duration;

    use async_trait::async_trait;
    use domain::account::KeyHash;
    use domain::account::operator::Actor;
    use domain::activation::loan::Loan;
    use domain::id::InboundId;
    use domain::inbound::Party;
    use domain::money::Msat;
    use domain::number::own::{Line, NumberTerms};
    use domain::number::pool::{PoolLine, PoolTerms};
    use domain::phone::{Health, NewPhone, PhoneMessage};
    use domain::ports::{Clock, Supplier};
    use domain::secret::Secret;
    use suppliers::phones::on_phones;
    use testkit::supplier_conformance::{self, Rig};
    use uuid::Uuid;

    use super::World;

    const NUMBERS: [&str; 2] = ["4915100000001", "4915100000002"];

    struct Lending {
        world: World,
        line: PoolLine,
        supplier: Arc<dyn Supplier>,
    }

    impl Lending {
        /// Two numbers on each line.
        async fn on(line: PoolLine) -> Self {
            let world = World::new().await;
            let (store, now) = (&world.store, world.clock.now());
            let own = store.number(Party::new(NUMBERS[0])).await.unwrap().unwrap().terms;
            store.remove_number(Party::new(NUMBERS[0]), Actor::CommandLine, now).await.unwrap();
            let (enrolment, secret) = (KeyHash([1; 32]), Secret::new("secret"));
            let new = NewPhone { name: "desk".to_owned(), owner: None, enrolment, secret };
            let phone = store.add_phone(new, Actor::CommandLine, now).await.unwrap();
            store.see_phone(phone, Some(Health::Pass), now).await.unwrap();
            for (sim, number) in (1..).zip(NUMBERS) {
                let number = Party::new(number);
                let on = (line == PoolLine::Phone).then_some(Line::Phone(phone.0));
                let terms = NumberTerms { line: on, ..own.clone() };
                store.add_number(number.clone(), terms, Actor::CommandLine, now).await.unwrap();
                if line == PoolLine::Phone {
                    let by = Actor::CommandLine;
                    store.set_sim_number(phone, sim, number, None, by, now).await.unwrap();
                }
            }
            let supplier: Arc<dyn Supplier> = match line {
                PoolLine::Carrier => world.own.clone(),
                PoolLine::Phone => {
                    on_phones(PoolTerms::default(), 50, store.clone(), world.clock.clone())
                }
            };
            Self { world, line, supplier }
        }
    }

    #[async_trait]
    impl Rig for Lending {
        fn supplier(&self) -> Arc<dyn Supplier> {
            self.supplier.clone()
        }

        fn cost(&self) -> Msat {
            Msat::ZERO
        }

        fn rents(&self) -> bool {
            true
        }

        async fn receive(&self, loan: &Loan) {
            let (store, now) = (&self.world.store, self.world.clock.now());
            let number = loan.number.digits().to_string();
            if self.line == PoolLine::Carrier {
                return self.world.comes_to(&number, "Telegram code 12345").await;
            }
            let phone = store.phones().await.unwrap().remove(0);
            let has = |sim: &&domain::phone::PhoneSim| sim.number == Some(Party::new(&*number));
            let message = PhoneMessage {
                id: InboundId(Uuid::now_v7()),
                phone: phone.id,
                event: Uuid::now_v7().to_string(),
                message: Uuid::now_v7().to_string(),
                from: Party::new("Telegram"),
                text: "Telegram code 12345".into(),
                sim: Some(phone.sims.iter().find(has).unwrap().sim),
                recipient: None,
                sent_at: None,
                at: now,
            };
            store.record_phone_message(message, Arc::default(), now).await.unwrap();
        }

        async fn pass(&self, time: Duration) {
            self.world.clock.advance(time);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    macro_rules! suite {
        ($($case:ident)+) => { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                for line in [PoolLine::Carrier, PoolLine::Phone] {
                    supplier_conformance::$case(&Lending::on(line).await).await;
                }
            }
        )+ };
    }

    suite! {
        lends_what_it_offers
        lends_two_numbers_for_two_loans
        lends_nothing_above_the_cost_that_is_allowed
        refuses_a_country_without_numbers
        knows_no_loan_that_was_not_acquired
        reports_each_message_once_by_its_key
        brings_another_message_on_demand
        ends_a_loan_once
        rents_and_extends
    }
}
