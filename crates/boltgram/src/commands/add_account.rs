//! `boltgram account add`.

use anyhow::{Context, bail};
use domain::account::AccountName;
use domain::account::operator::Actor;
use domain::money::Msat;
use domain::ports::{Clock, PortError};

use crate::cli::HouseArgs;
use crate::open::open_or_make_house;
use crate::output;
use crate::system::{OsRandom, SystemClock};

pub(super) async fn add_account(
    house: &HouseArgs,
    name: AccountName,
    credit_sats: i64,
) -> anyhow::Result<()> {
    let store = open_or_make_house(house).await?;
    let credit = Msat::from_sats(credit_sats).context("the credit is more than there is")?;
    let word = name.as_str().to_owned();
    let now = SystemClock.now();
    let by = Actor::CommandLine;
    match engine::accounts::add_account(&*store, &OsRandom, name, credit, by, now).await {
        Ok(_) => output::line(&format!("account {word} made, credit {credit_sats} sats")),
        Err(PortError::Conflict(_)) => bail!("there is an account named {word} already"),
        Err(error) => Err(error.into()),
    }
}
