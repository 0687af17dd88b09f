//! `boltgram backup`: one committed state of the store, with the files that it needs, checked after it is
//! written. Everything that was acknowledged before the command began is in it.

use std::path::Path;

use anyhow::Context;
use store::{OpenError, Options, StoreUrl};

use crate::backup::{
    Manifest, clear, kept_files, make_empty_directory, store_kind, write_manifest,
};
use crate::cli::InstanceArgs;
use crate::commands::check_ledger;
use crate::config::Config;
use crate::open_store::{existing_store, load_config};
use crate::output;
use crate::system::system_clock;

pub(super) async fn back_up(instance: &InstanceArgs, directory: &Path) -> anyhow::Result<()> {
    let config = load_config(instance)?.config;
    let url = existing_store(&config).await?;
    make_empty_directory(directory)?;
    let written = write(&config, &url, directory).await;
    if written.is_err() {
        clear(directory);
    }
    written
}

async fn write(config: &Config, url: &StoreUrl, directory: &Path) -> anyhow::Result<()> {
    let made_at = output::moment(system_clock().now());
    url.back_up(directory).await.context("cannot back up the database")?;
    // After the database: the sandbox's node may then be ahead of it, as a real one is after a restore.
    for file in kept_files(config, url) {
        file.save(directory)?;
    }
    check(url, directory).await?;
    let program = env!("CARGO_PKG_VERSION").to_owned();
    let manifest = Manifest { made_at, program, store: store_kind(url).to_owned() };
    write_manifest(directory, &manifest)?;
    output::line(&format!("backed up to {}, as of {}", directory.display(), manifest.made_at))?;
    output::line("not in it: the configuration file, and files that it names")
}

/// Opens the copy with the copied key, and recomputes its ledger.
async fn check(url: &StoreUrl, directory: &Path) -> anyhow::Result<()> {
    if url.file().is_none() {
        return output::line(
            "the dump can be listed; its ledger can be checked only once it is restored",
        );
    }
    let copy = StoreUrl::sqlite(url.backup_file(directory));
    let vault = copy.vault(directory).await.context("the copied vault key cannot be used")?;
    let options = Options { migrate: false, ..Options::default() };
    match copy.open(vault, options).await {
        Ok(store) => check_ledger::report(&store.check_ledger().await?),
        Err(OpenError::Older { found, .. }) => output::line(&format!(
            "the database has version {found}: its ledger is checked when it is restored"
        )),
        Err(error) => Err(error).context("the copy cannot be opened"),
    }
}
