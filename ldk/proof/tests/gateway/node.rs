//! The program `boltgram-node`, with the same data and ports over its restarts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE as BASE64_URL;
use regtest::Source;
use regtest::peer::free_port;
use regtest::world::until;
use serde_json::Value;

use crate::programs::{Process, program};

/// Where a build leaves the program.
pub(crate) const NODE_PROGRAM: &str = "target/debug/boltgram-node";

const QUIET: Duration = Duration::from_millis(500);

pub(crate) struct Node {
    process: Option<Process>,
    directory: PathBuf,
    source: Source,
    rest: u16,
    listen: u16,
    starts: u32,
}

impl Node {
    /// A node that is not started yet.
    pub(crate) fn new(directory: &Path, source: Source) -> Self {
        let directory = directory.to_owned();
        let (rest, listen) = (free_port(), free_port());
        Self { process: None, directory, source, rest, listen, starts: 0 }
    }

    /// Its data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("node")
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.rest())
    }

    /// Where its REST interface listens.
    pub(crate) fn rest(&self) -> String {
        format!("127.0.0.1:{}", self.rest)
    }

    /// Where other nodes connect.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.listen)
    }

    /// Starts it, with all that it knew, and waits until it is ready.
    pub(crate) fn start(&mut self) {
        assert!(self.process.is_none());
        self.starts += 1;
        let mut command = self.command("run");
        command.args(["--network", "regtest", "--sync-s", "1", "--alias", "shop"]);
        command.args(["--rest", &self.rest(), "--listen", &self.address()]);
        match &self.source {
            Source::Esplora(url) => command.args(["--esplora", url]),
            Source::Electrum(url) => command.args(["--electrum", url]),
            Source::Bitcoind { host, port, user, password } => {
                let file = self.directory.join("bitcoind.password");
                std::fs::write(&file, password).unwrap();
                command.args(["--bitcoind", &format!("http://{host}:{port}")]);
                command.args(["--bitcoind-user", user, "--bitcoind-password-file"]).arg(file)
            }
        };
        let out = self.directory.join(format!("node-{}.out", self.starts));
        // It ends with this process, whatever happens to it.
        command.arg("--exit-with-stdin").stdin(Stdio::piped());
        command.stdout(std::fs::File::create(&out).unwrap());
        let log = self.directory.join(format!("node-{}.log", self.starts));
        let process = Process::start(&mut command, log);
        until("the node is ready", || {
            std::fs::read_to_string(&out).unwrap().contains("ready https://").then_some(())
        });
        self.process = Some(process);
    }

    pub(crate) fn stop(&mut self) {
        self.process.take().unwrap().stop();
    }

    pub(crate) fn kill(&mut self) {
        self.process.take().unwrap().kill();
    }

    /// Runs a command of the program that must succeed, and returns its output.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let (name, rest) = arguments.split_first().unwrap();
        let output = self.command(name).args(rest).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program("BOLTGRAM_NODE", NODE_PROGRAM));
        command.arg(name).arg("--data").arg(self.data()).env_remove("RUST_LOG");
        command.env_remove("BOLTGRAM_NODE_DATA");
        command
    }

    /// Calls its REST interface.
    pub(crate) fn get(&self, path: &str) -> Value {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let read = |name: &str| std::fs::read(self.data().join(name)).unwrap();
        let certificate = reqwest::Certificate::from_pem(&read("tls.cert")).unwrap();
        let macaroon = hex::encode(read("admin.macaroon"));
        let url = format!("{}{path}", self.url());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = reqwest::Client::builder().tls_certs_only([certificate]).no_proxy();
            let request = client.build().unwrap().get(url);
            let response = request.header("Grpc-Metadata-macaroon", macaroon).send().await;
            response.unwrap().json().await.unwrap()
        })
    }

    /// What it knows of a payment to it.
    pub(crate) fn invoice(&self, hash: &[u8; 32]) -> Value {
        let hash = BASE64_URL.encode(hash);
        self.get(&format!("/v2/invoices/lookup?payment_hash={hash}"))
    }

    /// Height at which it gives a held payment back.
    pub(crate) fn deadline(&self, hash: &[u8; 32]) -> u32 {
        let invoice = self.invoice(hash);
        let parts = invoice["htlcs"].as_array().unwrap().iter();
        let expiry = parts.map(|part| part["expiry_height"].as_u64().unwrap()).min();
        u32::try_from(expiry.unwrap()).unwrap() - 18
    }

    /// Waits until it has written nothing for half a second. LDK closes a channel when it is killed between two writes
    /// about it.
    pub(crate) fn await_quiet(&self) {
        until("the node writes nothing", || {
            let written = newest_write(&self.data());
            (written.elapsed().unwrap_or_default() > QUIET).then_some(())
        });
    }

    /// Waits until it has seen the block at this height.
    pub(crate) fn await_height(&self, height: u32) {
        until(&format!("the node sees block {height}"), || {
            (self.get("/v1/getinfo")["block_height"] == height).then_some(())
        });
    }
}

/// When a file below the directory was written last.
fn newest_write(directory: &Path) -> SystemTime {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        // A file may be gone by now.
        let Ok(found) = entry.metadata() else { continue };
        let written =
            if found.is_dir() { newest_write(&entry.path()) } else { found.modified().unwrap() };
        newest = newest.max(written);
    }
    newest
}
