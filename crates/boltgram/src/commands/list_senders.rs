//! `boltgram sender list`: a name alone may be used by the account; of others it is said what is.

use domain::account::AccountName;
use domain::account::sender::SenderState;

use crate::cli::HouseArgs;
use crate::open::{account_named, open_house};
use crate::output;

pub(super) async fn list_senders(house: &HouseArgs, account: &AccountName) -> anyhow::Result<()> {
    let store = open_house(house).await?;
    let id = account_named(&*store, account).await?.id;
    let senders = store.senders(id).await?;
    senders.iter().try_for_each(|sender| {
        let name = sender.name.as_str();
        match (sender.state, sender.shared) {
            (SenderState::Approved, false) => output::line(name),
            (SenderState::Approved, true) => output::line(&format!("{name} (shared)")),
            (state, _) => output::line(&format!("{name} ({})", state.as_str())),
        }
    })
}
