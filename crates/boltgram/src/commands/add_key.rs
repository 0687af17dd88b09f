//! `boltgram key add`. It prints only the key, so that a script can assign it to a variable.

use domain::account::operator::Actor;
use domain::account::{AccountName, Scope};
use engine::accounts::AddKeyError;

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn add_key(
    instance: &InstanceArgs,
    account: &AccountName,
    scopes: &[Scope],
    rate: Option<u32>,
    description: Option<String>,
) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    let account = access.account_named(account).await?;
    let scopes: Vec<_> = scopes.iter().map(Scope::as_str).collect();
    let by = Actor::CommandLine;
    let key = access.accounts.add_described_key(account, &scopes, rate, description, by).await;
    let key = key.map_err(|error| match error {
        error @ AddKeyError::Description => anyhow::anyhow!("--description {error}"),
        error => error.into(),
    })?;
    output::line(key.text.expose())
}
