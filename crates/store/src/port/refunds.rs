//! The port of money given back by hand: each method as one write or as one read.

macro_rules! implement_refund_ports {
    ($store:ident) => {
        const _: () = {
            use async_trait::async_trait;
            use domain::account::operator::Actor;
            use domain::ports::{Charge, Charged, NewRefund, Refund, RefundStore, Refunded};
            use domain::time::Timestamp;

            use $crate::rows::ledger::refunds;
            use $crate::tx::Result;

            #[async_trait]
            impl RefundStore for $store {
                async fn refund(
                    &self,
                    new: NewRefund,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<Refunded> {
                    write!(self, |tx| refunds::refund(tx, &new, by, now))
                }

                async fn charged(&self, of: Charge) -> Result<Option<Charged>> {
                    read!(self, |tx| refunds::charged(tx, of))
                }

                async fn refunds(&self, of: Charge, after: u32, limit: u32) -> Result<Vec<Refund>> {
                    read!(self, |tx| refunds::list(tx, of, after, limit))
                }
            }
        };
    };
}

pub(crate) use implement_refund_ports;
