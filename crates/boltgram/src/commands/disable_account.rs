//! `boltgram account disable` and `boltgram account enable`.

use domain::account::AccountName;
use domain::account::operator::Actor;

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn set_disabled(
    instance: &InstanceArgs,
    name: &AccountName,
    disabled: bool,
) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    let account = access.account_named(name).await?;
    access.accounts.set_disabled(account, disabled, Actor::CommandLine).await?;
    let word = if disabled { "disabled: its keys are refused" } else { "enabled" };
    output::line(&format!("account {} {word}", name.as_str()))
}
