//! `boltgram operator add`: the key alone on the output, so that it can go straight into a variable.

use anyhow::bail;
use domain::account::operator::Actor;
use domain::ports::{Clock, PortError};

use crate::cli::HouseArgs;
use crate::open::open_or_make_house;
use crate::output;
use crate::system::{OsRandom, SystemClock};

pub(super) async fn add_operator(house: &HouseArgs, name: String) -> anyhow::Result<()> {
    let store = open_or_make_house(house).await?;
    let (by, now) = (Actor::CommandLine, SystemClock.now());
    match engine::accounts::add_operator(&*store, &OsRandom, name.clone(), by, now).await {
        Ok(new) => output::line(new.key.expose()),
        Err(PortError::Conflict(_)) => bail!("there is an operator named {name} already"),
        Err(error) => Err(error.into()),
    }
}
