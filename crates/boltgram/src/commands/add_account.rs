//! `boltgram account add`.

use anyhow::{Context, bail};
use domain::account::AccountName;
use domain::account::operator::Actor;
use domain::money::Msat;
use engine::accounts::OpenAccountError;

use crate::cli::InstanceArgs;
use crate::open_store::open_or_create_store;
use crate::output;

pub(super) async fn add_account(
    instance: &InstanceArgs,
    name: &AccountName,
    credit_sats: i64,
) -> anyhow::Result<()> {
    let access = open_or_create_store(instance).await?;
    let credit = Msat::from_sats(credit_sats).context("the credit is more than there is")?;
    let name = name.as_str();
    match access.accounts.open(name, credit, Actor::CommandLine).await {
        Ok(_) => output::line(&format!("account {name} made, credit {credit_sats} sats")),
        Err(OpenAccountError::NameTaken) => bail!("there is an account named {name} already"),
        Err(error @ OpenAccountError::Credit) => Err(error).context("--credit-sats"),
        Err(error) => Err(error.into()),
    }
}
