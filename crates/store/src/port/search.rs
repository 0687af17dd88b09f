//! The port of what operators look for: each method as one read.

macro_rules! implement_search_ports {
    ($store:ident) => {
        const _: () = {
            use async_trait::async_trait;
            use domain::account::{Account, Balance, Key};
            use domain::id::{AccountId, KeyId, MessageId};
            use domain::message::MessageState;
            use domain::message::campaign::BulkMessage;
            use domain::ports::{
                MessageSearch, MessagesFound, RecipientSearch, RecipientsFound, SearchStore,
            };

            use $crate::rows::search;
            use $crate::tx::Result;

            #[async_trait]
            impl SearchStore for $store {
                async fn account_page(
                    &self,
                    after: AccountId,
                    limit: u32,
                ) -> Result<Vec<(Account, Balance)>> {
                    read!(self, |tx| search::account_page(tx, after, limit))
                }

                async fn key_page(
                    &self,
                    account: Option<AccountId>,
                    after: KeyId,
                    limit: u32,
                ) -> Result<Vec<Key>> {
                    read!(self, |tx| search::key_page(tx, account, after, limit))
                }

                async fn bulk_page(
                    &self,
                    account: AccountId,
                    state: Option<MessageState>,
                    before: Option<MessageId>,
                    limit: u32,
                ) -> Result<Vec<BulkMessage>> {
                    read!(self, |tx| search::bulk_page(tx, account, state, before, limit))
                }

                async fn find_messages(&self, search: MessageSearch) -> Result<MessagesFound> {
                    read!(self, |tx| search::find_messages(tx, &search))
                }

                async fn find_recipients(
                    &self,
                    search: RecipientSearch,
                ) -> Result<RecipientsFound> {
                    read!(self, |tx| search::find_recipients(tx, &search))
                }
            }
        };
    };
}

pub(crate) use implement_search_ports;
