//! `boltgram account list`.

use crate::cli::HouseArgs;
use crate::open::open_house;
use crate::output;

pub(super) async fn list_accounts(house: &HouseArgs) -> anyhow::Result<()> {
    let accounts = open_house(house).await?.store.accounts().await?;
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
