//! The port of messages to many: each method as one write or as one read.

macro_rules! implement_bulk_ports {
    ($store:ident) => {
        const _: () = {
            use std::sync::Arc;

            use async_trait::async_trait;
            use domain::id::{AccountId, MessageId};
            use domain::message::campaign::{BulkMessage, Idempotency, NewBulk};
            use domain::ports::{
                BulkList, BulkStore, CancelBulk, RecipientList, RecipientPage, Retry, RetryOutcome,
                Spent,
            };
            use domain::time::Timestamp;

            use $crate::rows::campaign;
            use $crate::tx::Result;

            #[async_trait]
            impl BulkStore for $store {
                async fn add_bulk(&self, new: Arc<NewBulk>) -> Result<Spent> {
                    write!(self, |tx| campaign::add(tx, &new))
                }

                async fn spent(
                    &self,
                    account: AccountId,
                    idempotency: Idempotency,
                ) -> Result<Option<Spent>> {
                    read!(self, |tx| campaign::spent(tx, account, &idempotency))
                }

                async fn bulk(
                    &self,
                    account: AccountId,
                    message: MessageId,
                ) -> Result<Option<BulkMessage>> {
                    read!(self, |tx| campaign::find(tx, account, &message))
                }

                async fn bulk_list(
                    &self,
                    account: AccountId,
                    list: BulkList,
                ) -> Result<(Vec<BulkMessage>, u64)> {
                    read!(self, |tx| campaign::list(tx, account, &list))
                }

                async fn bulk_recipients(
                    &self,
                    message: MessageId,
                    list: RecipientList,
                ) -> Result<RecipientPage> {
                    read!(self, |tx| campaign::page(tx, &message, &list))
                }

                async fn cancel_bulk(
                    &self,
                    account: AccountId,
                    message: MessageId,
                    now: Timestamp,
                ) -> Result<CancelBulk> {
                    write!(self, |tx| campaign::cancel(tx, account, &message, now))
                }

                async fn retry_bulk(&self, retry: Retry, now: Timestamp) -> Result<RetryOutcome> {
                    write!(self, |tx| campaign::retry(tx, &retry, now))
                }

                async fn pause_bulk(
                    &self,
                    account: AccountId,
                    message: MessageId,
                    paused: bool,
                    now: Timestamp,
                ) -> Result<bool> {
                    write!(self, |tx| campaign::pause(tx, account, &message, paused, now))
                }
            }
        };
    };
}

pub(crate) use implement_bulk_ports;
