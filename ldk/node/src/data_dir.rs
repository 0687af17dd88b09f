//! The node's data directory: its lock, its seed, and the files by which clients reach it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use ldk_node::bip39::Mnemonic;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// 24 words.
const SEED_BYTES: usize = 32;

const MACAROON_BYTES: usize = 32;

/// LDK's state and our book.
pub const DATABASE: &str = "node.db";

#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

/// Held while the node runs.
#[derive(Debug)]
pub struct DataDirLock {
    _file: File,
}

/// The node's secrets for its clients.
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "secret")]
pub struct Macaroons {
    /// Allows everything.
    pub admin: Vec<u8>,
    /// Allows what Boltgram does: invoices, payments, and looking at channels.
    pub boltgram: Vec<u8>,
}

#[allow(missing_debug_implementations, reason = "secret")]
pub struct TlsFiles {
    pub certificate: CertificateDer<'static>,
    pub key: PrivateKeyDer<'static>,
}

impl DataDir {
    /// Creates the directory if it does not exist.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.with_context(|| format!("cannot create {}", path.display()))?;
        let mode = fs::metadata(path)?.permissions().mode() & 0o777;
        ensure!(
            mode & 0o077 == 0,
            "{} is open to others (mode {mode:o}): chmod 700",
            path.display()
        );
        Ok(Self(path.to_owned()))
    }

    /// Refused while another process has it: two would use the same channels.
    pub fn lock(&self) -> anyhow::Result<DataDirLock> {
        let path = self.file("node.lock");
        let file = private().create(true).truncate(false).open(&path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(DataDirLock { _file: file }),
            Err(TryLockError::WouldBlock) => {
                bail!("another boltgram-node runs on {}", self.0.display())
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The words of the seed, if there is one.
    pub fn known_seed(&self) -> anyhow::Result<Option<Mnemonic>> {
        let path = self.file("seed");
        let Some(words) = read_private(&path)? else { return Ok(None) };
        let words = String::from_utf8(words).unwrap_or_default();
        let seed = Mnemonic::parse_normalized(words.trim());
        let unreadable = || format!("{} does not hold the words of a seed", path.display());
        Ok(Some(seed.with_context(unreadable)?))
    }

    /// The words of the seed; they are made at the first call. The caller holds the lock.
    pub fn seed(&self) -> anyhow::Result<Mnemonic> {
        if let Some(seed) = self.known_seed()? {
            return Ok(seed);
        }
        let channels = self.file(DATABASE);
        ensure!(
            !channels.exists(),
            "{} is missing, and {} has channels of it: put the seed back",
            self.file("seed").display(),
            channels.display()
        );
        let mut entropy = [0; SEED_BYTES];
        fill_random(&mut entropy)?;
        self.restore_seed(&Mnemonic::from_entropy(&entropy)?)?;
        self.known_seed()?.context("the seed that was just written is gone")
    }

    /// Writes the words of an earlier seed; refused if the directory has one.
    pub fn restore_seed(&self, words: &Mnemonic) -> anyhow::Result<()> {
        write_new(&self.file("seed"), words.to_string().as_bytes())
    }

    /// Whether the words were shown before. From now on they were.
    pub fn mark_seed_shown(&self) -> anyhow::Result<bool> {
        let path = self.file("seed.shown");
        match private().create_new(true).open(&path) {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(true),
            Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
        }
    }

    pub fn seed_was_shown(&self) -> bool {
        self.file("seed.shown").exists()
    }

    /// Made at the first call.
    pub fn macaroons(&self) -> anyhow::Result<Macaroons> {
        let open = |name| {
            let path = self.file(name);
            if let Some(bytes) = read_private(&path)? {
                ensure!(!bytes.is_empty(), "{} is empty", path.display());
                return Ok(bytes);
            }
            let mut bytes = vec![0; MACAROON_BYTES];
            fill_random(&mut bytes)?;
            write_new(&path, &bytes)?;
            Ok(bytes)
        };
        Ok(Macaroons { admin: open("admin.macaroon")?, boltgram: open("boltgram.macaroon")? })
    }

    /// Self-signed, for `localhost`, the loopback addresses and `host`; made at the first call.
    pub fn tls(&self, host: &str) -> anyhow::Result<TlsFiles> {
        let (certificate, key) = (self.file("tls.cert"), self.file("tls.key"));
        if read_private(&key)?.is_none() || !certificate.exists() {
            let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
            if !names.iter().any(|name| name == host) {
                names.push(host.to_owned());
            }
            let pair = KeyPair::generate()?;
            let made = CertificateParams::new(names)?.self_signed(&pair)?;
            replace(&key, pair.serialize_pem().as_bytes(), 0o600)?;
            replace(&certificate, made.pem().as_bytes(), 0o644)?;
        }
        let unreadable = |path: &Path| format!("cannot read {}", path.display());
        Ok(TlsFiles {
            certificate: CertificateDer::from_pem_file(&certificate)
                .with_context(|| unreadable(&certificate))?,
            key: PrivateKeyDer::from_pem_file(&key).with_context(|| unreadable(&key))?,
        })
    }

    /// Where the node listens, for the commands that speak to it.
    pub fn write_address(&self, url: &str) -> anyhow::Result<()> {
        replace(&self.file("rest.url"), url.as_bytes(), 0o600)
    }

    pub fn address(&self) -> anyhow::Result<String> {
        let path = self.file("rest.url");
        fs::read_to_string(&path).with_context(|| {
            format!(
                "no boltgram-node has run on {}: there is no {}",
                self.0.display(),
                path.display()
            )
        })
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

/// Refused if others may read it.
fn read_private(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
    };
    let mode = file.metadata()?.permissions().mode() & 0o777;
    ensure!(
        mode & 0o077 == 0,
        "{} can be read by others (mode {mode:o}): chmod 600",
        path.display()
    );
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Some(bytes))
}

/// Written and on disk, or not there; an existing file is kept.
fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write(path, bytes, 0o600, |new, path| {
        fs::hard_link(new, path)?;
        fs::remove_file(new)
    })
}

fn replace(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    write(path, bytes, mode, |new, path| fs::rename(new, path))
}

/// Writes a new file, and lets it take its place when it is on disk.
fn write(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    place: impl FnOnce(&Path, &Path) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let written = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        place(&new, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    let written = written();
    if written.is_err() {
        drop(fs::remove_file(&new));
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn fill_random(bytes: &mut [u8]) -> anyhow::Result<()> {
    let mut source = File::open("/dev/urandom").context("cannot open /dev/urandom")?;
    source.read_exact(bytes).context("cannot read /dev/urandom")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn directory() -> (tempfile::TempDir, DataDir) {
        let parent = tempfile::tempdir().unwrap();
        let data = DataDir::open(&parent.path().join("node")).unwrap();
        (parent, data)
    }

    #[test]
    fn secrets_are_made_once_and_are_private() {
        let (_parent, data) = directory();
        let (seed, macaroons) = (data.seed().unwrap(), data.macaroons().unwrap());
        assert_eq!(seed.word_count(), 24);
        assert_eq!(data.seed().unwrap(), seed);
        assert_eq!(data.macaroons().unwrap().admin, macaroons.admin);
        assert_ne!(macaroons.admin, macaroons.boltgram);
        for name in ["seed", "admin.macaroon", "boltgram.macaroon"] {
            let mode = fs::metadata(data.file(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_seed_that_others_can_read_is_refused() {
        let (_parent, data) = directory();
        data.seed().unwrap();
        fs::set_permissions(data.file("seed"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(data.seed().unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn no_new_seed_is_made_beside_channels() {
        let (_parent, data) = directory();
        fs::write(data.file(DATABASE), []).unwrap();
        assert!(data.seed().unwrap_err().to_string().contains("put the seed back"));
    }

    #[test]
    fn a_seed_is_restored_into_an_empty_directory_only() {
        let ((_a, first), (_b, second)) = (directory(), directory());
        let words = first.seed().unwrap();
        second.restore_seed(&words).unwrap();
        assert_eq!(second.seed().unwrap(), words);
        second.restore_seed(&words).unwrap_err();
    }

    #[test]
    fn one_process_has_the_directory() {
        let (_parent, data) = directory();
        let lock = data.lock().unwrap();
        assert!(data.lock().unwrap_err().to_string().contains("another boltgram-node"));
        drop(lock);
        data.lock().unwrap();
    }
}
