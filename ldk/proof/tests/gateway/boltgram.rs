//! The program `boltgram` in a directory of its own, which outlives its processes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::customer::Customer;
use crate::programs::{Process, program};

pub(crate) struct Boltgram {
    process: Option<Process>,
    directory: PathBuf,
    customer: Option<Customer>,
    starts: u32,
    /// Authority that it trusts besides none.
    authority: Option<PathBuf>,
}

impl Boltgram {
    /// A shop that is not open yet.
    pub(crate) fn new(directory: &Path) -> Self {
        let directory = directory.to_owned();
        Self { process: None, directory, customer: None, starts: 0, authority: None }
    }

    /// Changes the configuration, for its next start.
    pub(crate) fn configure(&mut self, config: &str) {
        std::fs::write(self.directory.join("boltgram.toml"), config).unwrap();
    }

    /// Trusts the servers of others by this certificate.
    pub(crate) fn trust(&mut self, certificate: &Path) {
        self.authority = Some(certificate.to_owned());
    }

    /// Starts it, and waits until it listens.
    pub(crate) fn start(&mut self) {
        assert!(self.process.is_none());
        self.starts += 1;
        let mut command = self.command();
        command.args(["serve", "--config", "boltgram.toml", "--listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(authority) = &self.authority {
            command.env("SSL_CERT_FILE", authority);
        }
        let log = self.directory.join(format!("boltgram-{}.log", self.starts));
        let mut process = Process::start(&mut command, log);
        let line = process.await_line("Boltgram listens", |line| address_in(line).is_some());
        self.customer = Some(Customer::of(address_in(&line).unwrap()));
        self.process = Some(process);
    }

    /// Runs a command of the program that must succeed, and returns its output.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).args(["--config", "boltgram.toml"]).output();
        let output = output.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(program("BOLTGRAM", "../target/debug/boltgram"));
        command.current_dir(&self.directory).env_remove("RUST_LOG").env_remove("BOLTGRAM_CONFIG");
        command
    }

    pub(crate) fn customer(&self) -> &Customer {
        self.customer.as_ref().unwrap()
    }

    pub(crate) fn customer_mut(&mut self) -> &mut Customer {
        self.customer.as_mut().unwrap()
    }

    /// Its log since its start.
    pub(crate) fn log(&self) -> String {
        self.process.as_ref().unwrap().log()
    }

    pub(crate) fn stop(&mut self) {
        self.process.take().unwrap().stop();
    }

    pub(crate) fn kill(&mut self) {
        self.process.take().unwrap().kill();
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening")?;
    let (_, rest) = rest.split_once("address")?;
    rest.trim_start_matches(['"', ':', '=']).split(['"', ' ']).next()?.parse().ok()
}
