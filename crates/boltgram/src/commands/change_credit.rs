//! `boltgram account credit` and `boltgram account debit`.

use anyhow::{Context, bail};
use domain::account::AccountName;
use domain::account::operator::Actor;
use domain::money::Msat;
use engine::accounts::GiveCreditError;

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn give_credit(
    instance: &InstanceArgs,
    name: &AccountName,
    sats: i64,
) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    let account = access.account_named(name).await?;
    let by = Actor::CommandLine;
    match access.accounts.give_credit(account, msat(sats)?, None, by).await {
        Ok(available) => tell(name, available),
        Err(GiveCreditError::Amount) => {
            bail!("with what was given before, that is more than there is")
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn take_credit(
    instance: &InstanceArgs,
    name: &AccountName,
    sats: i64,
) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    let account = access.account_named(name).await?;
    let by = Actor::CommandLine;
    match access.accounts.take_credit(account, msat(sats)?, None, by).await {
        Ok(available) => tell(name, available),
        Err(GiveCreditError::Insufficient { available }) => bail!(
            "account {} may spend {} sats: no more can be taken back",
            name.as_str(),
            available.sats_floor()
        ),
        Err(error) => Err(error.into()),
    }
}

fn msat(sats: i64) -> anyhow::Result<Msat> {
    Msat::from_sats(sats).context("the amount is more than there is")
}

fn tell(name: &AccountName, available: Msat) -> anyhow::Result<()> {
    output::line(&format!("account {} may spend {} sats", name.as_str(), available.sats_floor()))
}
