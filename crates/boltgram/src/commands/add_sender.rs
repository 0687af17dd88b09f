//! `boltgram sender add`.

use anyhow::Context;
use domain::account::AccountName;
use domain::account::operator::Actor;
use engine::directory::RequestSenderError;

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn add_sender(
    instance: &InstanceArgs,
    account: &AccountName,
    name: &str,
) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    let id = access.account_named(account).await?;
    match access.directory.add_sender(id, name, Actor::CommandLine).await {
        Ok(_) => output::line(&format!("account {} may send as {name}", account.as_str())),
        Err(RequestSenderError::Name(error)) => {
            Err(error).with_context(|| format!("{name:?} is no sender name"))
        }
        Err(error) => Err(error.into()),
    }
}
