//! `boltgram init`: creates what the first `serve` would create, so that accounts can be added, and the
//! configuration can name them, before anything is served.

use anyhow::Context;

use crate::cli::InstanceArgs;
use crate::open_store::{load_config, open_store_to_serve, place};
use crate::output;
use crate::serve_lock::ServeLock;

pub(super) async fn init(instance: &InstanceArgs) -> anyhow::Result<()> {
    let config = load_config(instance)?.config;
    let url = config.whole_store_url()?;
    if url.is_made().await.with_context(|| format!("cannot open the store {}", place(&url)))? {
        return output::line(&format!("there is a store at {} already", place(&url)));
    }
    let lock = ServeLock::take(&config).await?;
    drop(open_store_to_serve(&config).await?);
    drop(lock);
    output::line(&format!("created the store {}", place(&url)))
}
