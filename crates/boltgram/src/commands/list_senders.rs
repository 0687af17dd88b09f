//! `boltgram sender list`. Approved names are listed alone, others with their state.

use domain::account::AccountName;
use domain::account::sender::SenderState;

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn list_senders(
    instance: &InstanceArgs,
    account: &AccountName,
) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    let id = access.account_named(account).await?;
    let senders = access.store.senders(id).await?;
    senders.iter().try_for_each(|sender| {
        let name = sender.name.as_str();
        match (sender.state, sender.shared) {
            (SenderState::Approved, false) => output::line(name),
            (SenderState::Approved, true) => output::line(&format!("{name} (shared)")),
            (state, _) => output::line(&format!("{name} ({})", state.as_str())),
        }
    })
}
