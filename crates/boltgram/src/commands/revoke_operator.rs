//! `boltgram operator revoke`.

use anyhow::bail;
use domain::account::operator::Actor;
use domain::id::OperatorId;
use domain::ports::Clock;

use crate::cli::HouseArgs;
use crate::open::open_house;
use crate::output;
use crate::system::SystemClock;

pub(super) async fn revoke_operator(house: &HouseArgs, id: i64) -> anyhow::Result<()> {
    let (store, by) = (open_house(house).await?, Actor::CommandLine);
    if !store.revoke_operator(OperatorId(id), by, SystemClock.now()).await? {
        bail!("there is no operator {id}; `boltgram operator list` shows them");
    }
    output::line(&format!("operator {id} revoked"))
}
