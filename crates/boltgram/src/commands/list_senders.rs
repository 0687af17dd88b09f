//! `boltgram sender list`. Approved names are listed alone, others with their state.

use domain::account::AccountName;
use domain::account::sender::{Sender, SenderState};
use serde_json::{Value, json};

use crate::cli::{InstanceArgs, ListArgs};
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn list_senders(
    instance: &InstanceArgs,
    account: &AccountName,
    list: ListArgs,
) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    let id = access.account_named(account).await?;
    let senders = access.store.senders(id).await?;
    if list.json {
        let array: Value = senders.iter().map(view).collect();
        return output::line(&serde_json::to_string_pretty(&array)?);
    }
    senders.iter().try_for_each(|sender| {
        let name = sender.name.as_str();
        match (sender.state, sender.shared) {
            (SenderState::Approved, false) => output::line(name),
            (SenderState::Approved, true) => output::line(&format!("{name} (shared)")),
            (state, _) => output::line(&format!("{name} ({})", state.as_str())),
        }
    })
}

fn view(sender: &Sender) -> Value {
    json!({
        "id": sender.number.0,
        "name": sender.name.as_str(),
        "status": sender.state.as_str(),
        "shared": sender.shared,
        "createdAt": output::moment(sender.created_at),
    })
}
