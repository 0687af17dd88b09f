//! Parameters of statements.

use domain::id::{AccountId, EventId, InboundId, KeyId, MessageId, OrderId, PaymentHash};
use domain::message::chunk::Doubt;
use domain::message::parts::PartState;
use domain::message::recipient::RecipientState;
use domain::message::{Lane, MessageState};
use domain::money::Msat;
use domain::payout::{LightningAddress, PayoutState, Trouble};
use domain::ports::{ReceiptScope, ReceiptState};
use domain::reason::Reason;
use domain::sale::ledger::{ChargeId, TransferState};
use domain::sale::order::{OrderKind, OrderState};
use domain::time::Timestamp;
use uuid::Uuid;

use super::row::Column;

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
    EventId => |value| Self::Int(value.0);
    OrderState => |value| Self::Text(value.as_str());
    OrderKind => |value| Self::Text(value.as_str());
    MessageState => |value| Self::Text(value.as_str());
    RecipientState => |value| Self::Text(value.as_str());
    PartState => |value| Self::Text(value.as_str());
    Doubt => |value| Self::Text(value.as_str());
    ReceiptState => |value| Self::Text(value.as_str());
    ReceiptScope => |value| Self::Text(value.as_str());
    TransferState => |value| Self::Text(value.as_str());
    Reason => |value| Self::Text(value.as_str());
    Lane => |value| Self::Int(match value { Lane::Single => 0, Lane::Bulk => 1 });
    PayoutState => |value| Self::Text(value.as_str());
    Trouble => |value| Self::Text(value.as_str());
    &'a LightningAddress => |value| Self::Text(value.as_str());
    &'a str => |value| Self::Text(value);
    &'a String => |value| Self::Text(value);
    &'a [u8] => |value| Self::Blob(value);
    &'a Vec<u8> => |value| Self::Blob(value);
    &'a [u8; 33] => |value| Self::Blob(value);
    &'a OrderId => |value| Self::Blob(value.as_bytes());
    &'a PaymentHash => |value| Self::Blob(value.as_bytes());
    &'a ChargeId => |value| Self::Blob(value.as_bytes());
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
    ($($value:expr),* $(,)?) => { [$($crate::tx::Value::from($value)),*] };
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
