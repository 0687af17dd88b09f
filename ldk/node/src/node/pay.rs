//! Payments of invoices of others.
//!
//! A payment is in the book before LDK is called, so a caller that asks later never hears that there was none.

use ldk_node::NodeError;
use ldk_node::bitcoin::hashes::Hash as _;
use ldk_node::lightning::routing::router::RouteParametersConfig;
use ldk_node::lightning_invoice::{Bolt11Invoice, Currency};
use tokio::sync::broadcast::error::RecvError;

use super::{CallError, Node};
use crate::Hash;
use crate::book::{NewPayment, Payment, PaymentState};

/// LND's and LDK's own limit.
const CLTV_LIMIT_MAX: u32 = 1_008;

pub(crate) struct SendPayment {
    pub(crate) invoice: String,
    pub(crate) fee_limit_msat: u64,
    /// Blocks of the whole route; 0 is the largest limit.
    pub(crate) cltv_limit: u32,
    pub(crate) parts_max: u8,
}

/// A payment that has begun: its end is awaited by [`Node::payment_end`].
pub(crate) struct Sent(pub(crate) Hash);

impl Node {
    pub(crate) async fn pay(&self, send: SendPayment) -> Result<Sent, CallError> {
        let invoice: Bolt11Invoice = send
            .invoice
            .trim()
            .parse()
            .map_err(|error| CallError::Bad(format!("invalid payment request: {error}")))?;
        let hash = invoice.payment_hash().to_byte_array();
        let value_msat = self.payable(&invoice, hash)?;
        let cltv_limit = match send.cltv_limit {
            0 => CLTV_LIMIT_MAX,
            limit => limit.min(CLTV_LIMIT_MAX),
        };
        let new = NewPayment {
            hash,
            invoice: send.invoice,
            value_msat,
            begun_at: self.now(),
            begun_height: self.height(),
            cltv_limit,
        };
        let _paying = self.paying.lock().await;
        if !self.book.begin_payment(new).await? {
            return Err(match self.payment(hash)?.state {
                PaymentState::Paid => CallError::AlreadyPaid,
                PaymentState::InFlight | PaymentState::Failed => CallError::InTransition,
            });
        }
        let route = RouteParametersConfig {
            max_total_routing_fee_msat: Some(send.fee_limit_msat),
            max_total_cltv_expiry_delta: cltv_limit,
            max_path_count: send.parts_max.max(1),
            ..RouteParametersConfig::default()
        };
        match self.call(move |ldk| ldk.bolt11_payment().send(&invoice, Some(route))).await? {
            // LDK knows one: its report ends ours.
            Ok(_) | Err(NodeError::DuplicatePayment) => {}
            // No route, or it refuses to begin at all.
            Err(
                error @ (NodeError::PaymentSendingFailed
                | NodeError::InvalidInvoice
                | NodeError::NotRunning),
            ) => {
                tracing::info!(hash = hex::encode(hash), %error, "a payment was not begun");
                self.book.payment_failed(hash).await?;
            }
            // It may have begun: its record could not be written.
            Err(error) => {
                tracing::error!(hash = hex::encode(hash), %error, "a payment is in doubt");
            }
        }
        Ok(Sent(hash))
    }

    /// The amount of an invoice that may be paid.
    fn payable(&self, invoice: &Bolt11Invoice, hash: Hash) -> Result<u64, CallError> {
        if invoice.currency() != Currency::from(self.network) {
            return Err(CallError::Bad(format!(
                "invoice not for current active network {}",
                self.network
            )));
        }
        let value = invoice.amount_milli_satoshis();
        let no_amount = "amount must be specified when paying a zero amount invoice";
        let value = value.ok_or_else(|| CallError::Bad(no_amount.into()))?;
        if invoice.expires_at().is_some_and(|ends| self.now() > ends.as_secs()) {
            return Err(CallError::Expired);
        }
        if invoice.get_payee_pub_key() == self.node_id() || self.book.hold(&hash)?.is_some() {
            return Err(CallError::SelfPayment);
        }
        Ok(value)
    }

    pub(crate) fn payment(&self, hash: Hash) -> Result<Payment, CallError> {
        self.book.payment(&hash)?.ok_or(CallError::NeverSent)
    }

    /// The payment when it is no longer in flight.
    pub(crate) async fn payment_end(&self, hash: Hash) -> Result<Payment, CallError> {
        let mut ends = self.payments.subscribe();
        loop {
            let payment = self.payment(hash)?;
            if payment.state != PaymentState::InFlight {
                return Ok(payment);
            }
            loop {
                tokio::select! {
                    () = self.stop.cancelled() => {
                        return Err(CallError::Unconfirmed("the node stops".into()));
                    }
                    end = ends.recv() => match end {
                        Ok(ended) if ended != hash => {}
                        Ok(_) | Err(RecvError::Lagged(_)) => break,
                        Err(RecvError::Closed) => {
                            return Err(CallError::Unconfirmed("the node stops".into()));
                        }
                    },
                }
            }
        }
    }
}
