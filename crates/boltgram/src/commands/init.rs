//! `boltgram init`: creates what the first `serve` would create, so that accounts can be added, and the
//! configuration can name them, before anything is served.

use crate::cli::InstanceArgs;
use crate::open_store::{create_store, is_made, load_config, place};
use crate::output;

pub(super) async fn init(instance: &InstanceArgs) -> anyhow::Result<()> {
    let config = load_config(instance)?.config;
    let url = config.whole_store_url()?;
    if is_made(&url).await? {
        return output::line(&format!("there is a store at {} already", place(&url)));
    }
    create_store(&config).await?;
    output::line(&format!("created the store {}", place(&url)))
}
