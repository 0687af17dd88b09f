//! `boltgram sender list`.

use domain::account::AccountName;
use domain::sender::Sender;

use crate::cli::HouseArgs;
use crate::open::{account_named, open_house};
use crate::output;

pub(super) async fn list_senders(house: &HouseArgs, account: &AccountName) -> anyhow::Result<()> {
    let store = open_house(house).await?;
    let id = account_named(&*store, account).await?.id;
    let senders = store.senders(id).await?;
    let row = |sender: &Sender| {
        let shared = if sender.shared { "shared" } else { "" };
        let (name, state) = (sender.name.as_str(), sender.state.as_str());
        [name, state, shared].map(str::to_owned)
    };
    let rows: Vec<_> = senders.iter().map(row).collect();
    output::table(["NAME", "STATE", ""], &rows)
}
