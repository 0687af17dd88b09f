//! `boltgram key list`: keys with their scopes. The keys themselves are not stored.

use std::collections::HashMap;

use domain::account::{AccountName, Key, Scope};
use serde_json::{Value, json};

use crate::cli::{InstanceArgs, ListArgs};
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn list_keys(
    instance: &InstanceArgs,
    account: Option<&AccountName>,
    list: ListArgs,
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
    let name = |key: &Key| names.get(&key.account).copied().unwrap_or("?");
    let keys = store.keys(account).await?;
    let headings = ["ID", "ACCOUNT", "SCOPES", "RATE", "STATE", "DESCRIPTION"];
    output::list(list, &keys, |key| view(key, name(key)), headings, |key| row(key, name(key)))
}

fn view(key: &Key, account: &str) -> Value {
    json!({
        "id": key.id.0,
        "account": account,
        "scopes": key.scopes.iter().map(Scope::as_str).collect::<Vec<_>>(),
        "rate": key.rate,
        "description": key.description,
        "revokedAt": key.revoked_at.map(output::moment),
    })
}

fn row(key: &Key, account: &str) -> [String; 6] {
    let scopes: Vec<_> = key.scopes.iter().map(Scope::as_str).collect();
    [
        key.id.to_string(),
        account.to_owned(),
        scopes.join(","),
        key.rate.map_or_else(|| "no limit".to_owned(), |rate| format!("{rate}/s")),
        if key.revoked_at.is_some() { "revoked" } else { "valid" }.to_owned(),
        key.description.clone().unwrap_or_default(),
    ]
}
