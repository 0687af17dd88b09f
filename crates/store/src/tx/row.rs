//! Result rows, and their columns as the domain's values.

use std::str::FromStr;

use domain::account::AccountName;
use domain::account::operator::{Action, Actor};
use domain::account::sender::SenderState;
use domain::account::template::Label;
use domain::activation::Network;
use domain::event::{AttemptResult, TargetKind};
use domain::id::{
    AccountId, EventId, InboundId, KeyId, KeywordId, MessageId, OrderId, PaymentHash,
};
use domain::inbound::keyword::Word;
use domain::inbound::sold_keyword::EndedBy;
use domain::message::campaign::{CampaignEvents, RefundPolicy};
use domain::message::chunk::Doubt;
use domain::message::parts::PartState;
use domain::message::recipient::RecipientState;
use domain::message::{Address, Lane, MessageState};
use domain::money::Msat;
use domain::number::own::{Country, NumberOrigin, NumberState};
use domain::number::pool::{LoanPurpose, PoolLine, PoolLoanState};
use domain::number::{Msisdn, SenderId};
use domain::payout::{LightningAddress, PayoutState, Trouble};
use domain::ports::{PortError, ReceiptScope, ReceiptState};
use domain::reason::Reason;
use domain::sale::ledger::TransferState;
use domain::sale::order::{OrderKind, OrderState, PaymentMethod, Wanted};
use domain::time::Timestamp;
use uuid::Uuid;

use super::Result;

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

    /// The next column. A stored value that no version wrote is a refusal: a repeat changes nothing.
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
        EventId => |value| Some(Self(value)),
        KeywordId => |value| Some(Self(value)),
        Msisdn => |value| value.try_into().ok().and_then(|digits| Self::from_digits(digits).ok()),
        Lane => |value| match value { 0 => Some(Self::Single), 1 => Some(Self::Bulk), _ => None };
    Vec<u8>:
        [u8; 33] => |bytes| bytes.try_into().ok(),
        OrderId => |bytes| Self::from_slice(&bytes).ok(),
        PaymentHash => |bytes| Self::from_slice(&bytes).ok(),
        MessageId => |bytes| Uuid::from_slice(&bytes).ok().map(Self),
        InboundId => |bytes| Uuid::from_slice(&bytes).ok().map(Self),
        Uuid => |bytes| Self::from_slice(&bytes).ok();
    String:
        OrderState => |word| Self::from_str(&word).ok(),
        Network => |word| Self::from_str(&word).ok(),
        OrderKind => |word| Self::from_str(&word).ok(),
        PaymentMethod => |word| Self::from_str(&word).ok(),
        Wanted => |word| Self::from_str(&word).ok(),
        MessageState => |word| Self::from_str(&word).ok(),
        RecipientState => |word| Self::from_str(&word).ok(),
        PartState => |word| Self::from_str(&word).ok(),
        Doubt => |word| Self::from_str(&word).ok(),
        ReceiptState => |word| Self::from_str(&word).ok(),
        ReceiptScope => |word| Self::from_str(&word).ok(),
        TransferState => |word| Self::from_str(&word).ok(),
        Reason => |word| Self::from_str(&word).ok(),
        TargetKind => |word| Self::from_str(&word).ok(),
        AttemptResult => |word| Self::from_str(&word).ok(),
        SenderState => |word| Self::from_str(&word).ok(),
        RefundPolicy => |word| Self::from_str(&word).ok(),
        CampaignEvents => |word| Self::from_str(&word).ok(),
        Action => |word| Self::from_str(&word).ok(),
        Actor => |word| Self::from_str(&word).ok(),
        Label => |word| Self::from_str(&word).ok(),
        Country => |word| Self::from_str(&word).ok(),
        NumberState => |word| Self::from_str(&word).ok(),
        NumberOrigin => |word| Self::from_str(&word).ok(),
        LoanPurpose => |word| Self::from_str(&word).ok(),
        PoolLine => |word| Self::from_str(&word).ok(),
        PoolLoanState => |word| Self::from_str(&word).ok(),
        Word => |word| Self::from_str(&word).ok(),
        EndedBy => |word| Self::from_str(&word).ok(),
        Address => |word| Self::from_str(&word).ok(),
        LightningAddress => |word| Self::from_str(&word).ok(),
        PayoutState => |word| Self::from_str(&word).ok(),
        Trouble => |word| Self::from_str(&word).ok(),
        AccountName => |word| Self::from_str(&word).ok(),
        SenderId => |word| Self::from_str(&word).ok();
}
