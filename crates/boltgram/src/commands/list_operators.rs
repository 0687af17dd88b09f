//! `boltgram operator list`.

use domain::account::operator::Operator;

use crate::cli::HouseArgs;
use crate::open::open_house;
use crate::output;

pub(super) async fn list_operators(house: &HouseArgs) -> anyhow::Result<()> {
    let operators = open_house(house).await?.accounts.operators().await?;
    let row = |operator: &Operator| {
        let state = if operator.revoked_at.is_some() { "revoked" } else { "valid" };
        [operator.id.0.to_string(), operator.name.clone(), state.to_owned()]
    };
    let rows: Vec<_> = operators.iter().map(row).collect();
    output::table(["ID", "NAME", "STATE"], &rows)
}
