//! `boltgram operator list`.

use domain::account::operator::Operator;
use serde_json::json;

use crate::cli::{InstanceArgs, ListArgs};
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn list_operators(instance: &InstanceArgs, list: ListArgs) -> anyhow::Result<()> {
    let operators = open_existing_store(instance).await?.accounts.operators().await?;
    output::list(
        list,
        &operators,
        |operator| {
            json!({
                "id": operator.id.0,
                "name": operator.name,
                "createdAt": output::moment(operator.created_at),
                "revokedAt": operator.revoked_at.map(output::moment),
            })
        },
        ["ID", "NAME", "STATE"],
        |operator: &Operator| {
            let state = if operator.revoked_at.is_some() { "revoked" } else { "valid" };
            [operator.id.0.to_string(), operator.name.clone(), state.to_owned()]
        },
    )
}
