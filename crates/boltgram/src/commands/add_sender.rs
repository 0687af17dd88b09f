//! `boltgram sender add`.

use anyhow::Context;
use domain::account::AccountName;
use domain::account::operator::Actor;
use domain::number::SenderId;
use domain::ports::Clock;

use crate::cli::HouseArgs;
use crate::open::{account_named, open_house};
use crate::output;
use crate::system::SystemClock;

pub(super) async fn add_sender(
    house: &HouseArgs,
    account: &AccountName,
    name: &str,
) -> anyhow::Result<()> {
    let sender: SenderId = name.parse().with_context(|| format!("{name:?} is no sender name"))?;
    let store = open_house(house).await?;
    let id = account_named(&*store, account).await?.id;
    store.add_sender(id, sender, Actor::CommandLine, SystemClock.now()).await?;
    output::line(&format!("account {} may send as {name}", account.as_str()))
}
