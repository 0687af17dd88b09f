//! `boltgram operator revoke`.

use anyhow::bail;
use domain::account::operator::Actor;
use domain::id::OperatorId;

use crate::cli::HouseArgs;
use crate::open::open_house;
use crate::output;

pub(super) async fn revoke_operator(house: &HouseArgs, id: i64) -> anyhow::Result<()> {
    let house = open_house(house).await?;
    if !house.accounts.revoke_operator(OperatorId(id), Actor::CommandLine).await? {
        bail!("there is no operator {id}; `boltgram operator list` shows them");
    }
    output::line(&format!("operator {id} revoked"))
}
