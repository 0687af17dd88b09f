//! What every command needs before it can begin: the configuration, and the store it names.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use domain::account::{Account, AccountName};
use domain::id::AccountId;
use domain::ports::Store;
use engine::accounts::Accounts;
use engine::directory::Directory;
use store::{Options, StoreUrl};

use crate::cli::HouseArgs;
use crate::config::{Checked, Config};
use crate::system::{os_random, system_clock};
use crate::wiring::prices;

/// The configuration as the command line has it.
pub(crate) fn load_config(house: &HouseArgs) -> anyhow::Result<Checked> {
    let mut checked = Config::load(house.config.as_deref())?;
    if let Some(data) = &house.data {
        checked.config.data.clone_from(data);
    }
    Ok(checked)
}

/// What commands work with: a store, and the services that need nothing else.
pub(crate) struct OpenHouse {
    pub store: Arc<dyn Store>,
    pub accounts: Accounts,
    pub directory: Directory,
}

impl OpenHouse {
    async fn open(config: &Config) -> anyhow::Result<Self> {
        let (store, clock) = (open_store(config).await?, system_clock());
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
pub(crate) async fn open_house(house: &HouseArgs) -> anyhow::Result<OpenHouse> {
    let config = load_config(house)?.config;
    let url = config.whole_store_url()?;
    if !url.is_made().await.with_context(|| unopened(&url))? {
        bail!("there is no store at {}; serve or account add makes one", place(&url));
    }
    OpenHouse::open(&config).await
}

/// For the first command of all, which may create the store.
pub(crate) async fn open_or_make_house(house: &HouseArgs) -> anyhow::Result<OpenHouse> {
    OpenHouse::open(&load_config(house)?.config).await
}

pub(crate) async fn open_store(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    make_data_directory(&config.data)?;
    let url = config.whole_store_url()?;
    let vault = url.vault(&config.data).await.context("the vault key cannot be used")?;
    url.open(vault, Options::default()).await.with_context(|| unopened(&url))
}

fn unopened(url: &StoreUrl) -> String {
    format!("the store {} cannot be opened", place(url))
}

fn place(url: &StoreUrl) -> String {
    url.file().map_or_else(|| url.to_string(), |file| file.display().to_string())
}

/// Only its owner can look into a data directory that we make.
pub(crate) fn make_data_directory(data: &Path) -> anyhow::Result<()> {
    if let Ok(found) = fs::metadata(data) {
        if found.is_dir() && found.permissions().mode() & 0o077 != 0 {
            tracing::warn!(
                path = %data.display(),
                "others can look into the data directory: chmod 700"
            );
        }
        return Ok(());
    }
    make_private_directory(data)
        .with_context(|| format!("the data directory {} cannot be made", data.display()))
}

/// With those above it. One that exists stays as it is.
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
