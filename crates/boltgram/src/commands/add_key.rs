//! `boltgram key add`. It prints only the key, so that a script can assign it to a variable.

use domain::account::operator::Actor;
use domain::account::{AccountName, Scope};

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn add_key(
    instance: &InstanceArgs,
    account: &AccountName,
    scopes: &[Scope],
    rate: Option<u32>,
) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    let account = access.account_named(account).await?;
    let scopes: Vec<_> = scopes.iter().map(Scope::as_str).collect();
    let key = access.accounts.add_key(account, &scopes, rate, Actor::CommandLine).await?;
    output::line(key.text.expose())
}
