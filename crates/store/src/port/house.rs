//! The ports of what operators keep in the house: each method as one write or as one read.

macro_rules! implement_house_ports {
    ($store:ident) => {
        const _: () = {
            use std::sync::Arc;

            use async_trait::async_trait;
            use domain::account::blocklist::{BlockEntry, BlockProof, BlockScope};
            use domain::account::operator::{Actor, AuditEntry, NewOperator, Operator};
            use domain::account::{AccountSettings, KeyHash};
            use domain::id::{AccountId, OperatorId};
            use domain::money::Msat;
            use domain::number::Msisdn;
            use domain::ports::{
                AuditList, BlockList, BlocklistStore, Grant, OperatorStore, PriceRow, TermsStore,
            };
            use domain::time::Timestamp;

            use $crate::rows::account::{audit, operators, prices, settings};
            use $crate::rows::directory::blocklist;
            use $crate::tx::Result;

            #[async_trait]
            impl BlocklistStore for $store {
                async fn block(
                    &self,
                    scope: BlockScope,
                    numbers: Vec<Msisdn>,
                    proof: BlockProof,
                    now: Timestamp,
                ) -> Result<u32> {
                    write!(self, |tx| blocklist::add(tx, scope, &numbers, &proof, now))
                }

                async fn unblock(
                    &self,
                    scope: BlockScope,
                    numbers: Vec<Msisdn>,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<u32> {
                    write!(self, |tx| blocklist::remove(tx, scope, &numbers, by, now))
                }

                async fn block_list(&self, list: BlockList) -> Result<Vec<BlockEntry>> {
                    read!(self, |tx| blocklist::list(tx, &list))
                }

                async fn blocked(
                    &self,
                    account: Option<AccountId>,
                    numbers: Arc<[Msisdn]>,
                ) -> Result<Vec<Msisdn>> {
                    read!(self, |tx| blocklist::blocked(tx, account, &numbers))
                }
            }

            #[async_trait]
            impl TermsStore for $store {
                async fn set_prices(
                    &self,
                    account: Option<AccountId>,
                    prices: Vec<(String, Msat)>,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<()> {
                    write!(self, |tx| prices::set_prices(tx, account, &prices, by, now))
                }

                async fn remove_price(
                    &self,
                    account: Option<AccountId>,
                    prefix: String,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<bool> {
                    write!(self, |tx| prices::remove_price(tx, account, &prefix, by, now))
                }

                async fn prices(
                    &self,
                    account: Option<AccountId>,
                    after: Option<String>,
                    limit: u32,
                ) -> Result<Vec<PriceRow>> {
                    read!(self, |tx| prices::prices(tx, account, after.as_deref(), limit))
                }

                async fn tariff(&self, account: AccountId) -> Result<Vec<(String, Msat)>> {
                    read!(self, |tx| prices::tariff(tx, account))
                }

                async fn account_settings(
                    &self,
                    account: AccountId,
                ) -> Result<Option<AccountSettings>> {
                    read!(self, |tx| settings::settings(tx, account))
                }

                async fn set_account_settings(
                    &self,
                    account: AccountId,
                    settings: AccountSettings,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<bool> {
                    write!(self, |tx| settings::set_settings(tx, account, &settings, by, now))
                }
            }

            #[async_trait]
            impl OperatorStore for $store {
                async fn add_operator(
                    &self,
                    new: NewOperator,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<Operator> {
                    write!(self, |tx| operators::add(tx, &new, by, now))
                }

                async fn operators(&self) -> Result<Vec<Operator>> {
                    read!(self, |tx| operators::list(tx))
                }

                async fn operator(&self, hash: KeyHash) -> Result<Option<Operator>> {
                    read!(self, |tx| operators::find(tx, &hash))
                }

                async fn revoke_operator(
                    &self,
                    id: OperatorId,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<bool> {
                    write!(self, |tx| operators::revoke(tx, id, by, now))
                }

                async fn audit_log(&self, list: AuditList) -> Result<Vec<AuditEntry>> {
                    read!(self, |tx| audit::list(tx, &list))
                }

                async fn grant_credit(
                    &self,
                    grant: Grant,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<bool> {
                    write!(self, |tx| operators::grant(tx, &grant, by, now))
                }
            }
        };
    };
}

pub(crate) use implement_house_ports;
