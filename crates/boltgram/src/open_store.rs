//! Loads the configuration and opens its store, for all commands.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use domain::account::{Account, AccountName};
use domain::id::AccountId;
use domain::ports::{Store, StoreObserver};
use engine::StoreTimings;
use engine::accounts::Accounts;
use engine::directory::Directory;
use store::{Options, StoreUrl};

use crate::cli::InstanceArgs;
use crate::config::{Checked, Config};
use crate::prices::prices;
use crate::serve_lock::ServeLock;
use crate::system::{os_random, system_clock};

/// The file of a directory in which `boltgram` is started.
const CONFIG_FILE: &str = "boltgram.toml";

/// The configuration file: of the command line, else of `BOLTGRAM_CONFIG`, else `./boltgram.toml` if there
/// is one.
pub(crate) fn config_file(instance: &InstanceArgs) -> Option<PathBuf> {
    let named = std::env::var_os("BOLTGRAM_CONFIG").filter(|name| !name.is_empty());
    let here = || fs::exists(CONFIG_FILE).unwrap_or(true).then(|| PathBuf::from(CONFIG_FILE));
    instance.config.clone().or_else(|| named.map(PathBuf::from)).or_else(here)
}

/// Loads the configuration and applies the command line.
pub(crate) fn load_config(instance: &InstanceArgs) -> anyhow::Result<Checked> {
    let mut checked = Config::load(config_file(instance).as_deref())?;
    if let Some(data) = &instance.data {
        checked.config.data.clone_from(data);
    }
    Ok(checked)
}

/// What commands work with: a store, and the services that need nothing else.
pub(crate) struct StoreAccess {
    pub store: Arc<dyn Store>,
    pub accounts: Accounts,
    pub directory: Directory,
}

impl StoreAccess {
    async fn open(config: &Config) -> anyhow::Result<Self> {
        let (store, clock) = (open_store_beside(config).await?, system_clock());
        let prices = prices(&config.prices)?;
        let accounts = Accounts::new(store.clone(), clock.clone(), os_random(), prices);
        let directory = Directory::new(store.clone(), clock);
        Ok(Self { store, accounts, directory })
    }

    pub(crate) async fn account_named(&self, name: &AccountName) -> anyhow::Result<AccountId> {
        Ok(account_named(&*self.store, name).await?.id)
    }
}

/// For commands that read or change a store. A store that does not exist is a mistyped path, and is not
/// created.
pub(crate) async fn open_existing_store(instance: &InstanceArgs) -> anyhow::Result<StoreAccess> {
    let config = load_config(instance)?.config;
    existing_store(&config).await?;
    StoreAccess::open(&config).await
}

/// For the commands that come first of all: one that the command line names (`--config`, `--data`), or whose data
/// directory is there, is created. Any other is the wrong one of two places.
pub(crate) async fn open_or_create_store(instance: &InstanceArgs) -> anyhow::Result<StoreAccess> {
    let config = load_config(instance)?.config;
    let is_named = instance.config.is_some() || instance.data.is_some();
    if (is_named || config.data.is_dir()) && !is_made(&config.whole_store_url()?).await? {
        create_store(&config).await?;
    }
    open_existing_store(instance).await
}

/// As the first `serve` would.
pub(crate) async fn create_store(config: &Config) -> anyhow::Result<()> {
    let lock = ServeLock::take(config).await?;
    drop(open_store_to_serve(config, None).await?);
    drop(lock);
    Ok(())
}

pub(crate) async fn is_made(url: &StoreUrl) -> anyhow::Result<bool> {
    url.is_made().await.with_context(|| unopened(url))
}

/// The store's URL; an error if there is no store.
pub(crate) async fn existing_store(config: &Config) -> anyhow::Result<StoreUrl> {
    let created = "`boltgram serve` or `boltgram init` creates it";
    if !config.data.is_dir() {
        bail!("there is no data directory {}; {created}", config.data.display());
    }
    let url = config.whole_store_url()?;
    if !is_made(&url).await? {
        bail!("there is no store at {}; {created}", place(&url));
    }
    Ok(url)
}

/// Creates or migrates the store as needed: only for who holds the [`crate::serve_lock::ServeLock`].
/// `timings` are told how long commits and flushes take.
pub(crate) async fn open_store_to_serve(
    config: &Config,
    timings: Option<Arc<StoreTimings>>,
) -> anyhow::Result<Arc<dyn Store>> {
    make_data_directory(&config.data)?;
    let url = config.whole_store_url()?;
    refuse_lost_database(config, &url)?;
    let vault = url.vault(&config.data).await.context("cannot use the vault key")?;
    let kept = vec![url.vault_file(&config.data)];
    let observer = timings.map(|timings| timings as Arc<dyn StoreObserver>);
    let options = Options { kept, observer, ..Options::default() };
    let store = url.open(vault, options).await.with_context(|| unopened(&url))?;
    if url.file().is_some() {
        mark_as_used(&config.data.join(MARK)).context("cannot write to the data directory")?;
    }
    Ok(store)
}

/// Says that the data directory has a database.
const MARK: &str = "store.made";

/// Files that are made only when there is a store.
const MADE_LATER: [&str; 3] = [MARK, "inbound.secret", "sandbox-node.journal"];

/// Durable, as the database is.
fn mark_as_used(mark: &Path) -> std::io::Result<()> {
    if !mark.exists() {
        File::create(mark)?.sync_all()?;
        File::open(mark.parent().unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// A database file that is missing beside them was lost, and is not created anew.
fn refuse_lost_database(config: &Config, url: &StoreUrl) -> anyhow::Result<()> {
    let Some(file) = url.file() else { return Ok(()) };
    let was_used = MADE_LATER.iter().any(|name| config.data.join(name).exists());
    // A link that leads nowhere is missing, too.
    if was_used && !file.exists() {
        bail!(
            "{} is missing, but the data directory {} was in use: restore a backup, or move the data \
             directory away to begin anew",
            file.display(),
            config.data.display()
        );
    }
    Ok(())
}

/// Opens the store beside a server, which may be of an older version: it is not migrated.
async fn open_store_beside(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    let url = config.whole_store_url()?;
    let vault = url.vault(&config.data).await.context("cannot use the vault key")?;
    let options = Options { migrate: false, ..Options::default() };
    url.open(vault, options).await.with_context(|| unopened(&url))
}

fn unopened(url: &StoreUrl) -> String {
    format!("cannot open the store {}", place(url))
}

pub(crate) fn place(url: &StoreUrl) -> String {
    url.file().map_or_else(|| url.to_string(), |file| file.display().to_string())
}

/// Creates the data directory so that only its owner can access it.
pub(crate) fn make_data_directory(data: &Path) -> anyhow::Result<()> {
    if let Ok(found) = fs::metadata(data) {
        if found.is_dir() && found.permissions().mode() & 0o077 != 0 {
            tracing::warn!(
                path = %data.display(),
                "other users can read the data directory: chmod 700"
            );
        }
        return Ok(());
    }
    make_private_directory(data)
        .with_context(|| format!("cannot create the data directory {}", data.display()))
}

/// Creates a directory and its parents; an existing one is not changed.
pub(crate) fn make_private_directory(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

pub(crate) async fn account_named(
    store: &dyn Store,
    name: &AccountName,
) -> anyhow::Result<Account> {
    let account = store.account_named(name).await?;
    account.with_context(|| format!("there is no account named {}", name.as_str()))
}
