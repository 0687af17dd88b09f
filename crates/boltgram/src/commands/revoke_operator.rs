//! `boltgram operator revoke`.

use anyhow::bail;
use domain::account::operator::Actor;
use domain::id::OperatorId;

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn revoke_operator(instance: &InstanceArgs, id: i64) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    if !access.accounts.revoke_operator(OperatorId(id), Actor::CommandLine).await? {
        bail!("there is no operator {id}; `boltgram operator list` shows them");
    }
    output::line(&format!("operator {id} revoked"))
}
