//! The measured gateways: configuration, start, readiness and stop.

mod boltgram;
mod kannel;
mod postgres;
mod store;

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::postgres::Database;
pub(crate) use self::store::Store;
use crate::load::Door;
use crate::measure;

/// Time limit for a gateway to become ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
const STOPPED_WITHIN: Duration = Duration::from_secs(15);

/// Which gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    Kannel,
    Boltgram,
}

/// Settings of a gateway.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// Its directory, on the measured disk; emptied first.
    pub dir: PathBuf,
    /// The simulator, or the proxy in front of it.
    pub smsc: SocketAddr,
    /// The sink.
    pub callback: SocketAddr,
    /// Number of messages that its customer must be able to pay.
    pub messages: usize,
    /// `submit_sm` in flight.
    pub window: u32,
    /// Binds of all nodes together (Boltgram only).
    pub binds: u32,
    /// Processes that share the store (Boltgram only).
    pub nodes: usize,
    /// Kannel's `dlr-storage`: `internal` (memory) or `sqlite3`.
    pub kannel_dlr: String,
    /// Boltgram's binary.
    pub boltgram: PathBuf,
    /// Boltgram's store.
    pub store: Store,
}

/// A running gateway; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub version: String,
    /// HTTP address of each node.
    pub http: Vec<SocketAddr>,
    pub door: Door,
    processes: Vec<Child>,
    /// The trial's own server.
    database: Option<Database>,
}

/// Starts a gateway and waits until it listens. Its carrier may not be bound yet.
pub(crate) fn start(kind: Kind, setting: &Setting) -> Result<Gateway> {
    if setting.dir.exists() {
        fs::remove_dir_all(&setting.dir)?;
    }
    fs::create_dir_all(&setting.dir)?;
    match kind {
        Kind::Kannel => kannel::start(setting),
        Kind::Boltgram => boltgram::start(setting),
    }
}

impl Gateway {
    /// CPU time of all its processes, including the database server's.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        self.all().map(measure::family_cpu).sum()
    }

    /// CPU time of the trial's own database server, if any.
    pub(crate) fn database_cpu(&self) -> Result<Duration> {
        self.database.iter().map(Database::process).map(measure::family_cpu).sum()
    }

    /// Octets written to disk by all its processes, including the database server's.
    pub(crate) fn disk_octets(&self) -> Result<u64> {
        self.all().map(measure::family_disk_octets).sum()
    }

    fn all(&self) -> impl Iterator<Item = u32> {
        let database = self.database.iter().map(Database::process);
        self.processes.iter().map(Child::id).chain(database)
    }

    /// `VmRSS` or `VmHWM` of all its processes, without the database server's, which share most of theirs.
    pub(crate) fn memory_kib(&self, line: &str) -> Result<u64> {
        self.processes.iter().map(|process| measure::memory_kib(process.id(), line)).sum()
    }

    /// Stops it with a signal, and waits.
    pub(crate) fn stop(mut self) {
        for process in self.processes.iter_mut().rev() {
            let _ = Command::new("kill").args(["-TERM", &process.id().to_string()]).status();
            let end = Instant::now() + STOPPED_WITHIN;
            while Instant::now() < end && matches!(process.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        for process in &mut self.processes {
            // It may have ended already.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The node's `system_id`.
pub(crate) fn node_name(node: usize) -> String {
    format!("node{}", node + 1)
}

/// A port without a listener.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// `template` with each `{name}` replaced.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

/// Starts a program in the background, with its output in a file in `dir`.
fn spawn(dir: &Path, log: &str, command: &mut Command) -> Result<Child> {
    let file = fs::File::create(dir.join(log))?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    command.spawn().with_context(|| format!("cannot start {}", command.get_program().display()))
}

/// Waits until the address accepts connections; fails if a process ends.
fn wait_open(address: SocketAddr, processes: &mut [Child]) -> Result<()> {
    let end = Instant::now() + READY_WITHIN;
    while TcpStream::connect(address).is_err() {
        for process in processes.iter_mut() {
            if let Some(status) = process.try_wait()? {
                bail!("the gateway ended ({status}): see the log in its directory");
            }
        }
        if Instant::now() > end {
            bail!("nothing listens on {address} after {READY_WITHIN:?}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
