//! `boltgram restore`: a backup into a data directory and a store that do not exist yet. What that means for
//! what happened since the backup is in docs/backup.md.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use domain::limits::SMS_IDS_SKIPPED_BY_RESTORE;
use store::StoreUrl;

use crate::backup::{clear, ensure_empty, kept_files, read_manifest, store_kind};
use crate::cli::InstanceArgs;
use crate::commands::check_ledger;
use crate::config::Config;
use crate::open_store::{load_config, open_store_to_serve, place};
use crate::output;
use crate::serve_lock::ServeLock;

pub(super) async fn restore(instance: &InstanceArgs, directory: &Path) -> anyhow::Result<()> {
    let config = load_config(instance)?.config;
    let manifest = read_manifest(directory)?;
    let url = config.whole_store_url()?;
    let kind = store_kind(&url);
    ensure!(
        manifest.store == kind,
        "the backup is of a {} store, the configuration names a {kind} store",
        manifest.store
    );
    ensure_empty(&config.data).context("a backup is restored only into an empty data directory")?;
    let is_made = url.is_made().await.with_context(|| format!("cannot open {}", place(&url)))?;
    ensure!(!is_made, "there is a store at {} already", place(&url));
    for file in url.file().into_iter().flat_map(logs) {
        let is_there = fs::exists(&file).unwrap_or(true);
        ensure!(!is_there, "there is {}, of a database that is gone: move it away", file.display());
    }
    let lock = ServeLock::take(&config).await?;
    let key = url.vault_file(&config.data);
    ensure!(!key.exists(), "there is a key at {} already", key.display());
    let restored = write(&config, &url, directory).await;
    if restored.is_err() {
        clear(&config.data);
        // These may be elsewhere; none of them was there before.
        let database = url.file().map(Path::to_owned);
        let beside = database.iter().flat_map(|file| logs(file)).collect::<Vec<_>>();
        for made in database.into_iter().chain(beside).chain([key]) {
            let _ = fs::remove_file(made);
        }
    }
    drop(lock);
    restored?;
    let to = config.data.display();
    output::line(&format!("restored the backup of {} into {to}", manifest.made_at))?;
    output::line(
        "messages and payments since then are not in it: see docs/backup.md before `serve`",
    )
}

/// What SQLite keeps beside a database. It would be taken for the restored one's.
fn logs(database: &Path) -> [PathBuf; 2] {
    ["-wal", "-shm"].map(|end| format!("{}{end}", database.display()).into())
}

async fn write(config: &Config, url: &StoreUrl, directory: &Path) -> anyhow::Result<()> {
    for file in kept_files(config, url) {
        file.restore(directory)?;
    }
    url.restore(directory).await.context("cannot restore the database")?;
    let store = open_store_to_serve(config, None).await?;
    // Texts since the backup had ids, which customers know: they are not given to others.
    store.take_sms_ids(SMS_IDS_SKIPPED_BY_RESTORE).await?;
    check_ledger::report(&store.check_ledger().await?)
}
