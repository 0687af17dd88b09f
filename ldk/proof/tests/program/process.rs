//! The program as a child process, on a chain of the test.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use regtest::World;
use regtest::world::until;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;

/// From the environment, or beside this workspace's other programs.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("BOLTGRAM_NODE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug/boltgram-node"),
        PathBuf::from,
    )
}

pub(crate) struct Process {
    /// Where it reads the chain.
    pub(crate) source: Vec<String>,
    pub(crate) world: World,
    pub(crate) data: TempDir,
    pub(crate) listen: String,
    child: Option<Child>,
    pub(crate) url: String,
}

impl Process {
    /// On the Esplora server of its own world.
    pub(crate) fn start() -> Self {
        let world = World::new();
        let source = vec!["--esplora".into(), world.esplora.url()];
        Self::start_on(world, source)
    }

    pub(crate) fn start_on(world: World, source: Vec<String>) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let data = tempfile::tempdir().unwrap();
        let listen = format!("127.0.0.1:{}", regtest::peer::free_port());
        let mut process = Self { source, world, data, listen, child: None, url: String::new() };
        process.run();
        process
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.data.path().join("node")
    }

    /// Arguments of `run`.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(program());
        command
            .args(["run", "--network", "regtest", "--rest", "127.0.0.1:0", "--sync-s", "1"])
            .args(["--listen", &self.listen, "--alias", "tested", "--exit-with-stdin"])
            .args(&self.source)
            .arg("--data")
            .arg(self.directory())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }

    /// Starts it, and waits until it is ready.
    pub(crate) fn run(&mut self) {
        self.run_as(self.command());
    }

    pub(crate) fn run_as(&mut self, mut command: Command) {
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{} cannot be started: {error}; build it first", program().display())
        });
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("ready ");
        self.url = url.unwrap_or_else(|| panic!("not ready: {line:?}")).to_owned();
        self.child = Some(child);
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        self.child.as_mut().unwrap()
    }

    pub(crate) fn signal(&mut self, signal: &str) -> ExitStatus {
        let id = self.child().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        self.child.take().unwrap().wait().unwrap()
    }

    /// As [`Self::signal`], without closing its standard input: waiting for a child does that.
    pub(crate) fn signal_and_poll(&mut self, signal: &str) -> ExitStatus {
        let id = self.child().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let ended = until("the program ends", || self.child().try_wait().unwrap());
        self.child = None;
        ended
    }

    pub(crate) fn kill_if_alive(&mut self) {
        if self.child().try_wait().unwrap().is_none() {
            self.signal("-KILL");
        }
        self.child = None;
    }

    /// Ends its standard input.
    pub(crate) fn end_input(&mut self) -> ExitStatus {
        drop(self.child().stdin.take());
        self.child.take().unwrap().wait().unwrap()
    }

    /// Another command on the same directory.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program());
        command.args(arguments).arg("--data").arg(self.directory()).stdin(Stdio::null());
        command.output().unwrap()
    }

    /// Its standard output.
    pub(crate) fn answer(&self, arguments: &[&str]) -> String {
        let output = self.ask(arguments);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {out}{err}");
        out.trim().to_owned()
    }

    /// Money on chain, and a channel from a new payer.
    pub(crate) fn payer(&self, name: &str, sats: &[u64]) -> regtest::Peer {
        let address = self.answer(&["new-address"]);
        for _ in 0..sats.len() + 1 {
            self.world.fund_text(&address, 100_000);
        }
        self.world.mine(1);
        let confirmed = || (!self.answer(&["balance"]).contains("on chain: 0 sats")).then_some(());
        until("the node sees its money", confirmed);
        self.world.payer(name, &self.node_id(), &self.listen, sats)
    }

    pub(crate) fn node_id(&self) -> String {
        let info = Rest::of(self).get("/v1/getinfo").1;
        info["identity_pubkey"].as_str().unwrap().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.end_input();
        }
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A client of the REST interface.
pub(crate) struct Rest {
    runtime: tokio::runtime::Runtime,
    pub(crate) client: Client,
    url: String,
    macaroon: String,
}

impl Rest {
    pub(crate) fn of(process: &Process) -> Self {
        Self::with(process, "admin.macaroon")
    }

    pub(crate) fn with(process: &Process, macaroon: &str) -> Self {
        let read = |name: &str| std::fs::read(process.directory().join(name)).unwrap();
        let certificate = reqwest::Certificate::from_pem(&read("tls.cert")).unwrap();
        let client = Client::builder()
            .tls_certs_only([certificate])
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Self { runtime, client, url: process.url.clone(), macaroon: hex::encode(read(macaroon)) }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        request.header("Grpc-Metadata-macaroon", &self.macaroon)
    }

    pub(crate) fn send(&self, request: RequestBuilder) -> (u16, Value) {
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json().await.unwrap())
        })
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.request(Method::GET, path))
    }

    /// `None` if there is no answer.
    pub(crate) fn try_post(&self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let request = self.request(Method::POST, path).json(body);
        self.runtime.block_on(async {
            let response = request.send().await.ok()?;
            Some((response.status().as_u16(), response.json().await.ok()?))
        })
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(self.request(Method::POST, path).json(body))
    }

    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}
