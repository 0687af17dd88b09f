//! The sandbox door: plays the customer's Lightning wallet, so that a newcomer can pay without one, and
//! a phone that sends to us. Its routes exist only when the node (for the phone: a carrier) is a
//! sandbox too.

mod pay;
mod receive;
mod routes;

use async_trait::async_trait;
use axum::http::StatusCode;
use http::FieldRules;
use serde::Serialize;

use pay::pay;
use receive::receive;

pub(crate) use routes::sandbox_door;

/// The fields of this door's bodies.
#[derive(Debug)]
pub(crate) struct SandboxFields;

impl FieldRules for SandboxFields {
    const NAMES: &'static [&'static str] = &["payreq", "from", "to", "text"];
    const STATUS: StatusCode = StatusCode::BAD_REQUEST;
}

type Fields = http::Fields<SandboxFields>;

/// The state of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PayState {
    /// Locked until the order is decided.
    Held,
    /// The receiver has it.
    Settled,
    /// It went back.
    Cancelled,
}

#[async_trait]
pub trait SandboxWallet: Send + Sync + std::fmt::Debug {
    /// Pays a BOLT 11 invoice and returns when the payment is held or final. The error tells people why
    /// it was not paid.
    async fn pay(&self, payreq: &str) -> Result<PayState, String>;
}
