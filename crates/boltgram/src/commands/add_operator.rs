//! `boltgram operator add`: the key alone on the output, so that it can go straight into a variable.

use anyhow::bail;
use domain::account::operator::Actor;
use engine::accounts::AddOperatorError;

use crate::cli::HouseArgs;
use crate::open::open_or_make_house;
use crate::output;

pub(super) async fn add_operator(house: &HouseArgs, name: String) -> anyhow::Result<()> {
    let house = open_or_make_house(house).await?;
    match house.accounts.add_operator(name.clone(), Actor::CommandLine).await {
        Ok(new) => output::line(new.key.expose()),
        Err(AddOperatorError::NameTaken) => bail!("there is an operator named {name} already"),
        Err(error) => Err(error.into()),
    }
}
