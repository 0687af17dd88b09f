//! `boltgram account list`.

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn list_accounts(instance: &InstanceArgs) -> anyhow::Result<()> {
    let accounts = open_existing_store(instance).await?.store.accounts().await?;
    let rows: Vec<_> = accounts
        .iter()
        .map(|(account, balance)| {
            [
                account.name.as_str().to_owned(),
                balance.available.sats_floor().to_string(),
                balance.reserved.sats_floor().to_string(),
            ]
        })
        .collect();
    output::table(["ACCOUNT", "AVAILABLE", "RESERVED"], &rows)
}
