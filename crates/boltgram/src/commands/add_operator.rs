//! `boltgram operator add`. It prints only the key, so that a script can assign it to a variable.

use anyhow::bail;
use domain::account::operator::Actor;
use engine::accounts::AddOperatorError;

use crate::cli::InstanceArgs;
use crate::open_store::open_or_create_store;
use crate::output;

pub(super) async fn add_operator(instance: &InstanceArgs, name: String) -> anyhow::Result<()> {
    let access = open_or_create_store(instance).await?;
    match access.accounts.add_operator(name.clone(), Actor::CommandLine).await {
        Ok(new) => output::line(new.key.expose()),
        Err(AddOperatorError::NameTaken) => bail!("there is an operator named {name} already"),
        Err(error) => Err(error.into()),
    }
}
