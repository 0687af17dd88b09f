//! `boltgram sender list`.

use domain::account::AccountName;

use crate::cli::HouseArgs;
use crate::open::{account_named, open_house};
use crate::output;

pub(super) async fn list_senders(house: &HouseArgs, account: &AccountName) -> anyhow::Result<()> {
    let store = open_house(house).await?;
    let id = account_named(&*store, account).await?.id;
    let senders = store.senders(id).await?;
    senders.iter().try_for_each(|sender| output::line(sender.name.as_str()))
}
