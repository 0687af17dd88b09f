//! Payments that LND sends (`routerrpc`). Both calls are streams, of which the first message is read: of a payment the
//! final one, of a lookup the current one.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use domain::id::PaymentHash;
use domain::money::Msat;
use domain::ports::{NewPayment, PayState, PortError};
use serde::{Deserialize, Serialize};

use super::client::{CallError, Refusal, Rest};
use super::wire::int64;

/// Parts of one payment, as LND's own default.
const PARTS_MAX: u32 = 16;

/// `POST /v2/router/send`
#[derive(Debug, Serialize)]
struct SendPayment<'a> {
    payment_request: &'a str,
    fee_limit_msat: String,
    timeout_seconds: u64,
    cltv_limit: u32,
    max_parts: u32,
    no_inflight_updates: bool,
}

#[derive(Debug, Deserialize)]
struct Payment {
    status: Status,
    #[serde(default, deserialize_with = "int64")]
    fee_msat: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    /// Of older versions: nothing is known yet.
    Unknown,
    Initiated,
    InFlight,
    Succeeded,
    Failed,
}

impl Payment {
    const fn state(&self) -> PayState {
        match self.status {
            Status::Unknown | Status::Initiated | Status::InFlight => PayState::InFlight,
            Status::Succeeded => PayState::Paid { fee: Msat::new(self.fee_msat) },
            Status::Failed => PayState::Failed,
        }
    }
}

/// `timeout` is the node's own time and that of its answer.
pub(super) async fn pay(
    rest: &Rest,
    payment: &NewPayment,
    timeout: Duration,
) -> Result<PayState, PortError> {
    let body = SendPayment {
        payment_request: &payment.invoice,
        fee_limit_msat: payment.fee_max.get().to_string(),
        timeout_seconds: payment.timeout.as_secs(),
        cltv_limit: payment.cltv_max,
        max_parts: PARTS_MAX,
        no_inflight_updates: true,
    };
    let sent = rest.post_first::<Payment>("/v2/router/send", &body, timeout).await;
    match sent {
        Ok(payment) => Ok(payment.state()),
        // A repeat: what became of the first one.
        Err(CallError::Refusal(Refusal::AlreadyPaid | Refusal::InTransition)) => {
            known_state(rest, payment.hash).await
        }
        Err(CallError::Refusal(Refusal::Unpayable)) => {
            refused(rest, payment.hash, "LND does not pay this invoice".into()).await
        }
        Err(CallError::Port(PortError::Refused(why))) => refused(rest, payment.hash, why).await,
        Err(CallError::Refusal(refusal)) => Err(PortError::Unknown(format!("LND: {refusal:?}"))),
        Err(CallError::Port(error)) => Err(error),
    }
}

/// LND reads the invoice before it looks for a payment of it: it refuses an expired one in the same way whether a payment
/// of it is in flight, was made, or was never begun.
async fn refused(rest: &Rest, hash: PaymentHash, why: String) -> Result<PayState, PortError> {
    match known_state(rest, hash).await? {
        PayState::Unknown => Err(PortError::Refused(why)),
        state => Ok(state),
    }
}

/// Of a payment that may have begun: without an answer it is unknown.
async fn known_state(rest: &Rest, hash: PaymentHash) -> Result<PayState, PortError> {
    pay_status(rest, hash).await.map_err(|error| PortError::Unknown(error.to_string()))
}

pub(super) async fn pay_status(rest: &Rest, hash: PaymentHash) -> Result<PayState, PortError> {
    let path = format!("/v2/router/track/{}", URL_SAFE.encode(hash.as_bytes()));
    // Without updates the first message of a payment in flight comes at its end.
    let query = [("no_inflight_updates", "false".to_owned())];
    match rest.first::<Payment>(&path, &query).await {
        Ok(payment) => Ok(payment.state()),
        Err(CallError::Refusal(Refusal::NeverSent)) => Ok(PayState::Unknown),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_fees_are_read() {
        let state = |status: &str| {
            let body = format!(r#"{{"status":"{status}","fee_msat":"1500","payment_hash":"00"}}"#);
            serde_json::from_str::<Payment>(&body).unwrap().state()
        };
        assert_eq!(state("SUCCEEDED"), PayState::Paid { fee: Msat::new(1_500) });
        assert_eq!(state("FAILED"), PayState::Failed);
        assert_eq!(state("IN_FLIGHT"), PayState::InFlight);
        assert_eq!(state("INITIATED"), PayState::InFlight);
        assert!(serde_json::from_str::<Payment>(r#"{"status":"LOST"}"#).is_err());
    }
}
