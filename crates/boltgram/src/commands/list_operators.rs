//! `boltgram operator list`.

use domain::account::operator::Operator;

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn list_operators(instance: &InstanceArgs) -> anyhow::Result<()> {
    let operators = open_existing_store(instance).await?.accounts.operators().await?;
    let row = |operator: &Operator| {
        let state = if operator.revoked_at.is_some() { "revoked" } else { "valid" };
        [operator.id.0.to_string(), operator.name.clone(), state.to_owned()]
    };
    let rows: Vec<_> = operators.iter().map(row).collect();
    output::table(["ID", "NAME", "STATE"], &rows)
}
