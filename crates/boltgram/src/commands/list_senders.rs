//! `boltgram sender list`: a name alone may be used by the account; of others it is said what is.

use domain::account::AccountName;
use domain::account::sender::SenderState;

use crate::cli::HouseArgs;
use crate::open::open_house;
use crate::output;

pub(super) async fn list_senders(house: &HouseArgs, account: &AccountName) -> anyhow::Result<()> {
    let house = open_house(house).await?;
    let id = house.account_named(account).await?;
    let senders = house.store.senders(id).await?;
    senders.iter().try_for_each(|sender| {
        let name = sender.name.as_str();
        match (sender.state, sender.shared) {
            (SenderState::Approved, false) => output::line(name),
            (SenderState::Approved, true) => output::line(&format!("{name} (shared)")),
            (state, _) => output::line(&format!("{name} ({})", state.as_str())),
        }
    })
}
