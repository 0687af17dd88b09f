//! A test's own database file, with direct access.

use std::path::PathBuf;
use std::sync::Arc;

use domain::account::operator::Actor;
use domain::id::{AccountId, MessageId, OrderId};
use domain::message::door::Door;
use domain::message::form::Form;
use domain::message::{Address, Content, Lane, NewMessage};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{CreditOrder, CreditOutcome, NewAccount, OrderCaps, PortError, Store};
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Payment, Wanted, Webhook};
use domain::secret::{Preimage, Secret};
use domain::text::Text;
use domain::time::Timestamp;
use store::{OpenError, Options, Vault};
use tempfile::TempDir;
use testkit::clock::NOON;
use uuid::Uuid;

pub(crate) const CAPS: OrderCaps = OrderCaps {
    open_max: 9,
    open_per_client_max: 9,
    held_max: 9,
    held_per_client_max: 9,
    held_msat_max: Msat::new(i64::MAX),
    held_msat_per_client_max: Msat::new(i64::MAX),
    networks: Vec::new(),
    unpaid_per_day_max: 9,
};

pub(crate) struct Database {
    directory: TempDir,
}

impl Database {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("boltgram.db")
    }

    pub(crate) fn vault(&self) -> Vault {
        Vault::beside(&self.path()).unwrap()
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        self.open_with(Options::default()).await.unwrap()
    }

    pub(crate) async fn open_with(&self, options: Options) -> Result<Arc<dyn Store>, OpenError> {
        let url = format!("sqlite:{}", self.path().display());
        store::open_with(&url, self.vault(), options).await
    }

    /// A connection besides the store's.
    pub(crate) fn connect(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }
}

pub(crate) async fn account(store: &dyn Store, credit: Msat) -> AccountId {
    let new = NewAccount {
        name: "acme".parse().unwrap(),
        webhook_secret: Secret::new("whsec_of_the_account"),
        credit,
    };
    store.add_account(new, Actor::CommandLine, NOON).await.unwrap().id
}

/// Adds one order paid from credit.
pub(crate) async fn spend(
    store: &dyn Store,
    order: NewOrder,
    message: NewMessage,
) -> Result<CreditOutcome, PortError> {
    let orders = vec![CreditOrder { order, message }];
    store.add_credit_orders(orders, None).await.map(|mut outcomes| outcomes.remove(0))
}

/// An order paid from credit, with its message.
pub(crate) fn credit_order(account: AccountId, number: u64) -> (NewOrder, NewMessage) {
    let mut id = [7; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let to = Address::Phone(Msisdn::from_digits(4_520_123_456).unwrap());
    let order = NewOrder {
        door: Door::Orders,
        id: OrderId::new(id),
        account: Some(account),
        price: Msat::new(1_000),
        payment: Payment::Credit,
        fulfilment: Fulfilment::message(to.clone(), Text::new("hello")),
        webhook: Some(Webhook {
            url: "https://example.com/hook".to_owned(),
            secret: Secret::new("whsec_of_the_order"),
            wants: Wanted::All,
        }),
        referral: None,
        client: "key-1".to_owned(),
        idempotency: None,
        created_at: NOON,
    };
    let content = Content {
        message: MessageId(Uuid::from_u128(u128::from(number))),
        account: Some(account),
        sender: None,
        text: Text::new("hello"),
        form: Form::Text,
        charge: None,
        parts: 1,
        lane: Lane::Single,
        valid_until: Timestamp::from_millis(i64::MAX),
    };
    let receipts_until = Timestamp::from_millis(i64::MAX);
    let message = NewMessage { content, order: None, recipients: vec![to], receipts_until };
    (order, message)
}

/// An order to be paid over Lightning.
pub(crate) fn lightning_order(number: u64) -> NewOrder {
    let (order, _) = credit_order(AccountId(0), number);
    let preimage = Preimage::new(*order.id.as_bytes());
    let payment = Payment::Lightning { preimage, invoice: None, pay_by: NOON };
    NewOrder { account: None, payment, ..order }
}
