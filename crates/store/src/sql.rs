//! What the aggregates need of a database: statements inside one open transaction. Each engine
//! implements [`Tx`]; the SQL of an aggregate is written once against it.
//!
//! Statements use numbered parameters (`?1`) and only what both engines understand. The `_many`
//! forms take one statement and many parameter rows: one prepared statement in a loop on SQLite, on a
//! server the same with one round trip, or one statement that takes arrays. Nothing here opens or ends
//! a transaction.
//!
//! On a server many changes run at once. So a statement that reads what the same change will write
//! ends with `FOR UPDATE` (of a join: `FOR UPDATE OF` its first table), or with `FOR UPDATE SKIP
//! LOCKED` when it looks for work. What has no row yet that could be locked is a [`Turn`]. Locks are
//! taken in one order, each kind sorted by its key: turns, messages, orders, ledger accounts.
//! SQLite's one writer needs none of it.

use std::str::FromStr;
use std::time::Duration;

use domain::account::AccountName;
use domain::account::operator::{Action, Actor};
use domain::account::sender::SenderState;
use domain::account::template::Label;
use domain::id::{AccountId, InboundId, KeyId, MessageId, OrderId};
use domain::message::campaign::RefundPolicy;
use domain::message::recipient::{PartState, RecipientState};
use domain::message::{Address, Lane, MessageState};
use domain::money::Msat;
use domain::number::{Msisdn, SenderId};
use domain::ports::{Changed, PortError, ReceiptState, WebhookCallId};
use domain::reason::Reason;
use domain::sale::ledger::TransferState;
use domain::sale::order::{OrderKind, OrderState, Wanted};
use domain::time::Timestamp;
use uuid::Uuid;

use crate::vault::Vault;

/// A row that cannot be read is put off this long: it needs a person, and stands in nobody's way.
pub(crate) const UNREADABLE_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) type Result<T> = std::result::Result<T, PortError>;

/// An open transaction. A future of an embedded engine is ready at the first poll.
pub(crate) trait Tx {
    /// Rows changed.
    async fn execute<const N: usize>(
        &mut self,
        sql: &'static str,
        params: [Value<'_>; N],
    ) -> Result<u64>;

    async fn query<const N: usize>(
        &mut self,
        sql: &'static str,
        params: [Value<'_>; N],
    ) -> Result<Vec<Row>>;

    /// Rows changed by each parameter row.
    async fn execute_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<u64>>;

    /// The result of each parameter row.
    async fn query_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<Vec<Row>>>;

    /// Inserts rows that the database numbers: the id of each. The statement ends with `RETURNING
    /// id`.
    async fn insert_many<const N: usize>(
        &mut self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<i64>>;

    /// Until the change ends no other has this turn, shared or not.
    async fn take_turn(&mut self, turn: Turn<'_>) -> Result<()>;

    /// Until the change ends nobody has this turn alone.
    async fn share_turn(&mut self, turn: Turn<'_>) -> Result<()>;

    /// The moment by the clock that leases of links are counted by: the server's, where several
    /// processes share a database, and otherwise `ours`.
    async fn clock(&mut self, ours: Timestamp) -> Result<Timestamp>;

    /// Says to other processes, once this is committed, that there is something to be looked for. Not
    /// for what this process goes on with itself.
    fn tell(&mut self, changed: Changed);

    /// Seals and opens the columns that hold secrets.
    fn vault(&self) -> &Vault;
}

/// A lock on what is not there (yet).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn<'a> {
    /// Counting the orders at the node, to add one.
    CountOrders,
    /// Shared: storing what this carrier took, after a look for receipts that came first. Alone:
    /// parking its receipts, after a look for what they are of. One of the two sees the other.
    Park(&'a str),
    /// Counting nodes, and the links that are theirs.
    ShareLinks,
    /// Storing a part from this carrier, after a look for the other parts of its text.
    JoinParts(&'a str),
    /// Counting the prices of all accounts, to add some.
    Prices,
}

/// A parameter.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

macro_rules! value_from {
    ($($from:ty => |$value:ident| $into:expr;)+) => {
        $(impl<'a> From<$from> for Value<'a> {
            fn from($value: $from) -> Self {
                $into
            }
        })+
    };
}

value_from! {
    i64 => |value| Self::Int(value);
    u32 => |value| Self::Int(i64::from(value));
    u16 => |value| Self::Int(i64::from(value));
    Timestamp => |value| Self::Int(value.as_millis());
    Msat => |value| Self::Int(value.get());
    AccountId => |value| Self::Int(value.0);
    KeyId => |value| Self::Int(value.0);
    WebhookCallId => |value| Self::Int(value.0);
    OrderState => |value| Self::Text(value.as_str());
    OrderKind => |value| Self::Text(value.as_str());
    MessageState => |value| Self::Text(value.as_str());
    RecipientState => |value| Self::Text(value.as_str());
    PartState => |value| Self::Text(value.as_str());
    ReceiptState => |value| Self::Text(value.as_str());
    TransferState => |value| Self::Text(value.as_str());
    Reason => |value| Self::Text(value.as_str());
    Lane => |value| Self::Int(match value { Lane::Single => 0, Lane::Bulk => 1 });
    &'a str => |value| Self::Text(value);
    &'a String => |value| Self::Text(value);
    &'a [u8] => |value| Self::Blob(value);
    &'a Vec<u8> => |value| Self::Blob(value);
    &'a OrderId => |value| Self::Blob(value.as_bytes());
    &'a MessageId => |value| Self::Blob(value.0.as_bytes());
    &'a InboundId => |value| Self::Blob(value.0.as_bytes());
    &'a Uuid => |value| Self::Blob(value.as_bytes());
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Parameters of a statement, each turned into a [`Value`].
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$($crate::sql::Value::from($value)),*] };
}
pub(crate) use params;

impl<'a> From<&'a Column> for Value<'a> {
    fn from(column: &'a Column) -> Self {
        match column {
            Column::Null => Self::Null,
            Column::Int(value) => Self::Int(*value),
            Column::Text(text) => Self::Text(text),
            Column::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

/// A result row, read from left to right.
pub(crate) struct Row(std::vec::IntoIter<Column>);

pub(crate) enum Column {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Row {
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        Self(columns.into_iter())
    }

    /// The next column. A stored value that no version of ours wrote is a refusal: asking again
    /// changes nothing.
    pub(crate) fn get<T: FromColumn>(&mut self) -> Result<T> {
        self.0.next().and_then(T::from_column).ok_or_else(|| {
            PortError::Refused(format!("unreadable column: {}", std::any::type_name::<T>()))
        })
    }
}

pub(crate) trait FromColumn: Sized {
    fn from_column(column: Column) -> Option<Self>;
}

impl FromColumn for i64 {
    fn from_column(column: Column) -> Option<Self> {
        if let Column::Int(value) = column { Some(value) } else { None }
    }
}

impl FromColumn for String {
    fn from_column(column: Column) -> Option<Self> {
        if let Column::Text(value) = column { Some(value) } else { None }
    }
}

impl FromColumn for Vec<u8> {
    fn from_column(column: Column) -> Option<Self> {
        if let Column::Blob(value) = column { Some(value) } else { None }
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(column: Column) -> Option<Self> {
        if matches!(column, Column::Null) { Some(None) } else { T::from_column(column).map(Some) }
    }
}

macro_rules! from_column {
    ($($base:ty: $($into:ty => $convert:expr),+;)+) => {
        $($(impl FromColumn for $into {
            fn from_column(column: Column) -> Option<Self> {
                <$base>::from_column(column).and_then($convert)
            }
        })+)+
    };
}

from_column! {
    i64:
        u8 => |value| value.try_into().ok(),
        u16 => |value| value.try_into().ok(),
        u32 => |value| value.try_into().ok(),
        u64 => |value| value.try_into().ok(),
        Timestamp => |value| Some(Self::from_millis(value)),
        Msat => |value| Some(Self::new(value)),
        AccountId => |value| Some(Self(value)),
        KeyId => |value| Some(Self(value)),
        WebhookCallId => |value| Some(Self(value)),
        Msisdn => |value| value.try_into().ok().and_then(|digits| Self::from_digits(digits).ok()),
        Lane => |value| match value { 0 => Some(Self::Single), 1 => Some(Self::Bulk), _ => None };
    Vec<u8>:
        OrderId => |bytes| Self::from_slice(&bytes).ok(),
        MessageId => |bytes| Uuid::from_slice(&bytes).ok().map(Self),
        InboundId => |bytes| Uuid::from_slice(&bytes).ok().map(Self),
        Uuid => |bytes| Self::from_slice(&bytes).ok();
    String:
        OrderState => |word| Self::from_str(&word).ok(),
        OrderKind => |word| Self::from_str(&word).ok(),
        Wanted => |word| Self::from_str(&word).ok(),
        MessageState => |word| Self::from_str(&word).ok(),
        RecipientState => |word| Self::from_str(&word).ok(),
        PartState => |word| Self::from_str(&word).ok(),
        ReceiptState => |word| Self::from_str(&word).ok(),
        TransferState => |word| Self::from_str(&word).ok(),
        Reason => |word| Self::from_str(&word).ok(),
        SenderState => |word| Self::from_str(&word).ok(),
        RefundPolicy => |word| Self::from_str(&word).ok(),
        Action => |word| Self::from_str(&word).ok(),
        Actor => |word| Self::from_str(&word).ok(),
        Label => |word| Self::from_str(&word).ok(),
        Address => |word| Self::from_str(&word).ok(),
        AccountName => |word| Self::from_str(&word).ok(),
        SenderId => |word| Self::from_str(&word).ok();
}
