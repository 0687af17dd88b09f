//! `boltgram key revoke`.

use anyhow::bail;
use domain::account::operator::Actor;
use domain::id::KeyId;
use domain::ports::Clock;

use crate::cli::HouseArgs;
use crate::open::open_house;
use crate::output;
use crate::system::SystemClock;

pub(super) async fn revoke_key(house: &HouseArgs, id: i64) -> anyhow::Result<()> {
    let store = open_house(house).await?;
    if !store.revoke_key(KeyId(id), Actor::CommandLine, SystemClock.now()).await? {
        bail!("there is no key {id}; `boltgram key list` shows them");
    }
    output::line(&format!("key {id} revoked"))
}
