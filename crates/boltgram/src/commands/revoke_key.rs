//! `boltgram key revoke`.

use anyhow::bail;
use domain::account::operator::Actor;
use domain::id::KeyId;

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn revoke_key(instance: &InstanceArgs, id: i64) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    if !access.accounts.revoke_key(KeyId(id), Actor::CommandLine).await? {
        bail!("there is no key {id}; `boltgram key list` shows them");
    }
    output::line(&format!("key {id} revoked"))
}
