//! A PostgreSQL server for one trial, configured by `gateways/postgresql.conf`, with durable commits. It listens on
//! the loopback and trusts every client there; its directory is removed with it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::{free_port, spawn, wait_open};

const VERSIONS: &str = "/usr/lib/postgresql";
const CONFIGURATION: &str = include_str!("../../gateways/postgresql.conf");

/// Dropping it stops the server.
#[derive(Debug)]
pub(super) struct Database {
    process: Child,
    dir: PathBuf,
    pub(super) url: String,
}

impl Database {
    pub(super) fn start(dir: &Path) -> Result<Self> {
        let (programs, port) = (programs()?, free_port()?);
        let dir = dir.join("postgres");
        let made = if is_root() {
            Command::new("install").args(["-d", "-o", "postgres"]).arg(&dir).status()?.success()
        } else {
            fs::create_dir(&dir).is_ok()
        };
        ensure!(made, "cannot create {}", dir.display());
        let data = dir.join("data");
        let done = as_somebody(&programs.join("initdb"))
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-D"])
            .arg(&data)
            .current_dir(&dir)
            .stdout(Stdio::null())
            .output()?;
        let why = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "initdb: {}", why.trim());
        let file = OpenOptions::new().append(true).open(data.join("postgresql.conf"));
        file.and_then(|mut file| file.write_all(CONFIGURATION.as_bytes()))?;
        let mut command = as_somebody(&programs.join("postgres"));
        command.arg("-D").arg(&data).args(["-p", &port.to_string()]).current_dir(&dir);
        let log_dir = dir.parent().context("a directory without a parent")?;
        let process = spawn(log_dir, "postgres.log", &mut command)?;
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres?sslmode=disable");
        let mut database = Self { process, dir, url };
        wait_open(([127, 0, 0, 1], port).into(), std::slice::from_mut(&mut database.process))?;
        Ok(database)
    }

    pub(super) fn process(&self) -> u32 {
        self.process.id()
    }

    /// For example "PostgreSQL 15.14".
    pub(super) fn version(&self) -> Result<String> {
        let told = Command::new(programs()?.join("postgres")).arg("--version").output()?;
        let told = String::from_utf8_lossy(&told.stdout);
        let number =
            told.split_ascii_whitespace().nth(2).context("PostgreSQL without a version")?;
        Ok(format!("PostgreSQL {number}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Immediate shutdown: the data is discarded.
        let _ = Command::new("kill").args(["-QUIT", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The newest installed version.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).max_by_key(|path| number(path));
    let found = newest.map(|path| path.join("bin")).filter(|path| path.join("initdb").is_file());
    found.context("PostgreSQL is missing: apt-get install postgresql")
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// PostgreSQL refuses to run as root.
fn as_somebody(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}
