//! `boltgram account list`.

use domain::account::{Account, Balance};
use serde_json::json;

use crate::cli::{InstanceArgs, ListArgs};
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn list_accounts(instance: &InstanceArgs, list: ListArgs) -> anyhow::Result<()> {
    let accounts = open_existing_store(instance).await?.store.accounts().await?;
    output::list(
        list,
        &accounts,
        |(account, balance): &(Account, Balance)| {
            json!({
                "id": account.id.0,
                "name": account.name.as_str(),
                "availableMsat": balance.available.get(),
                "reservedMsat": balance.reserved.get(),
                "disabled": account.disabled_at.is_some(),
            })
        },
        ["ACCOUNT", "AVAILABLE", "RESERVED", "STATE"],
        |(account, balance)| {
            [
                account.name.as_str().to_owned(),
                balance.available.sats_floor().to_string(),
                balance.reserved.sats_floor().to_string(),
                if account.disabled_at.is_some() { "disabled" } else { "active" }.to_owned(),
            ]
        },
    )
}
