//! `boltgram key revoke`.

use anyhow::bail;
use domain::account::operator::Actor;
use domain::id::KeyId;

use crate::cli::HouseArgs;
use crate::open::open_house;
use crate::output;

pub(super) async fn revoke_key(house: &HouseArgs, id: i64) -> anyhow::Result<()> {
    let house = open_house(house).await?;
    if !house.accounts.revoke_key(KeyId(id), Actor::CommandLine).await? {
        bail!("there is no key {id}; `boltgram key list` shows them");
    }
    output::line(&format!("key {id} revoked"))
}
