//! `boltgram key add`: the key alone on the output, so that it can go straight into a variable.

use domain::account::operator::Actor;
use domain::account::{AccountName, Scope};

use crate::cli::HouseArgs;
use crate::open::open_house;
use crate::output;

pub(super) async fn add_key(
    house: &HouseArgs,
    account: &AccountName,
    scopes: &[Scope],
    rate: Option<u32>,
) -> anyhow::Result<()> {
    let house = open_house(house).await?;
    let account = house.account_named(account).await?;
    let scopes: Vec<_> = scopes.iter().map(Scope::as_str).collect();
    let key = house.accounts.add_key(account, &scopes, rate, Actor::CommandLine).await?;
    output::line(key.text.expose())
}
