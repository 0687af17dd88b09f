//! `boltgram key list`: keys with their scopes. The keys themselves are not stored.

use std::collections::HashMap;

use domain::account::{AccountName, Key, Scope};

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn list_keys(
    instance: &InstanceArgs,
    account: Option<&AccountName>,
) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    let account = match account {
        Some(name) => Some(access.account_named(name).await?),
        None => None,
    };
    let store = &access.store;
    let accounts = store.accounts().await?;
    let names: HashMap<_, _> =
        accounts.iter().map(|(account, _)| (account.id, account.name.as_str())).collect();
    let rows: Vec<_> = store
        .keys(account)
        .await?
        .iter()
        .map(|key| row(key, names.get(&key.account).copied().unwrap_or("?")))
        .collect();
    output::table(["ID", "ACCOUNT", "SCOPES", "RATE", "STATE"], &rows)
}

fn row(key: &Key, account: &str) -> [String; 5] {
    let scopes: Vec<_> = key.scopes.iter().map(Scope::as_str).collect();
    [
        key.id.to_string(),
        account.to_owned(),
        scopes.join(","),
        key.rate.map_or_else(|| "no limit".to_owned(), |rate| format!("{rate}/s")),
        if key.revoked_at.is_some() { "revoked" } else { "valid" }.to_owned(),
    ]
}
