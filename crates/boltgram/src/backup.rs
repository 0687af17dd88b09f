//! What a backup holds besides the database, and the manifest that makes it complete.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use store::StoreUrl;

use crate::config::Config;

/// Written last: a backup without it is incomplete.
const MANIFEST: &str = "backup.toml";

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// RFC 3339. Nothing that was stored later is in it.
    pub made_at: String,
    /// Version of the program that made it.
    pub program: String,
    /// `sqlite` or `postgres`.
    pub store: String,
}

/// A file beside the database, under the same name in a backup.
#[derive(Debug)]
pub(crate) struct KeptFile {
    pub name: &'static str,
    /// Where the gateway has it.
    pub place: PathBuf,
    required: bool,
}

/// The vault's key opens the secrets in the database. The others exist as far as they are used: the signing
/// secret of inbound webhooks, and the sandbox's node.
pub(crate) fn kept_files(config: &Config, url: &StoreUrl) -> [KeptFile; 3] {
    let own = |name| KeptFile { name, place: config.data.join(name), required: false };
    [
        KeptFile { name: "vault.key", place: url.vault_file(&config.data), required: true },
        own("inbound.secret"),
        own("sandbox-node.journal"),
    ]
}

impl KeptFile {
    /// From the gateway into a backup.
    pub(crate) fn save(&self, directory: &Path) -> anyhow::Result<()> {
        self.copy(&self.place, &directory.join(self.name))
    }

    /// From a backup to the gateway.
    pub(crate) fn restore(&self, directory: &Path) -> anyhow::Result<()> {
        self.copy(&directory.join(self.name), &self.place)
    }

    fn copy(&self, from: &Path, to: &Path) -> anyhow::Result<()> {
        match copy_private(from, to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.required => Ok(()),
            copied => copied
                .with_context(|| format!("cannot copy {} to {}", from.display(), to.display())),
        }
    }
}

/// The copy is durable, and only its owner can read it.
fn copy_private(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut source, &mut target)?;
    target.sync_all()
}

pub(crate) fn store_kind(url: &StoreUrl) -> &'static str {
    if url.file().is_some() { "sqlite" } else { "postgres" }
}

pub(crate) fn write_manifest(directory: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let text = toml::to_string(manifest)?;
    let path = directory.join(MANIFEST);
    fs::write(&path, text)
        .and_then(|()| File::open(&path)?.sync_all())
        .and_then(|()| File::open(directory)?.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))
}

pub(crate) fn read_manifest(directory: &Path) -> anyhow::Result<Manifest> {
    let path = directory.join(MANIFEST);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("{} is no complete backup: it has no {MANIFEST}", directory.display())
        }
        read => read.with_context(|| format!("cannot read {}", path.display()))?,
    };
    toml::from_str(&text).with_context(|| format!("{} cannot be read", path.display()))
}

/// Creates the directory for its owner alone, unless it exists and is empty.
pub(crate) fn make_empty_directory(directory: &Path) -> anyhow::Result<()> {
    crate::open_store::make_private_directory(directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    ensure_empty(directory)
}

/// A directory that does not exist is empty.
pub(crate) fn ensure_empty(directory: &Path) -> anyhow::Result<()> {
    let mut files = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read.with_context(|| format!("cannot read {}", directory.display()))?,
    };
    ensure!(files.next().is_none(), "{} is not empty", directory.display());
    Ok(())
}

/// After a failure: what was written is of no use, and would stop the next attempt.
pub(crate) fn clear(directory: &Path) {
    let Ok(files) = fs::read_dir(directory) else { return };
    for file in files.flatten() {
        if let Err(error) = fs::remove_file(file.path()) {
            tracing::warn!(path = %file.path().display(), %error, "cannot be removed");
        }
    }
}
