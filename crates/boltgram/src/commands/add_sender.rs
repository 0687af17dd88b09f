//! `boltgram sender add`.

use anyhow::Context;
use domain::account::AccountName;
use domain::account::operator::Actor;
use engine::directory::RequestSenderError;

use crate::cli::HouseArgs;
use crate::open::open_house;
use crate::output;

pub(super) async fn add_sender(
    house: &HouseArgs,
    account: &AccountName,
    name: &str,
) -> anyhow::Result<()> {
    let house = open_house(house).await?;
    let id = house.account_named(account).await?;
    match house.directory.add_sender(id, name, Actor::CommandLine).await {
        Ok(_) => output::line(&format!("account {} may send as {name}", account.as_str())),
        Err(RequestSenderError::Name(error)) => {
            Err(error).with_context(|| format!("{name:?} is no sender name"))
        }
        Err(error) => Err(error.into()),
    }
}
