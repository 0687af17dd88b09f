//! `boltgram key add`: the key alone on the output, so that it can go straight into a variable.

use domain::account::operator::Actor;
use domain::account::{AccountName, Scope};
use domain::ports::Clock;

use crate::cli::HouseArgs;
use crate::open::{account_named, open_house};
use crate::output;
use crate::system::{OsRandom, SystemClock};

pub(super) async fn add_key(
    house: &HouseArgs,
    account: &AccountName,
    scopes: Vec<Scope>,
    rate: Option<u32>,
) -> anyhow::Result<()> {
    let store = open_house(house).await?;
    let account = account_named(&*store, account).await?;
    let (by, now) = (Actor::CommandLine, SystemClock.now());
    let key =
        engine::accounts::add_key(&*store, &OsRandom, account.id, scopes, rate, by, now).await?;
    output::line(key.text.expose())
}
