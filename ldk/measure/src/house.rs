//! The processes that are measured, and the payer.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use regtest::{Peer, World};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::block_in_place;

/// Channels of the payer to the node.
const CHANNELS: usize = 2;
const CHANNEL_SATS: u64 = 10_000_000;

/// What each payment brings.
const SATS: u64 = 1_000;

const WAIT: Duration = Duration::from_secs(30);

/// In `/proc/PID/stat`; the value of every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

pub(crate) struct House {
    pub(crate) payer: Peer,
    _world: World,
    data: TempDir,
    node: Child,
    boltgram: Child,
    url: String,
    keys: Vec<String>,
    http: reqwest::Client,
}

impl House {
    /// With accounts that buy.
    pub(crate) async fn start(
        boltgram: &Path,
        program: &Path,
        accounts: u32,
    ) -> anyhow::Result<Self> {
        let (world, data) = (block_in_place(World::new), tempfile::tempdir()?);
        let directory = data.path().join("node");
        let (listen, esplora) = (format!("127.0.0.1:{}", free_port()?), world.esplora.url());
        let mut node = Command::new(program)
            .args(["run", "--network", "regtest", "--rest", "127.0.0.1:0", "--sync-s", "1"])
            .args(["--listen", &listen, "--alias", "measured", "--esplora", &esplora, "--data"])
            .arg(&directory)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let rest = line(&mut node, "ready ").await?;
        let node_id = fund(&world, &directory, &rest).await?;
        let payer = block_in_place(|| {
            let channels = [CHANNEL_SATS / 3; CHANNELS];
            world.payer("payer", &node_id, &listen, &channels)
        });
        let config = format!(
            "listen = \"127.0.0.1:0\"\n[lightning]\nbackend = \"lnd\"\ninvoice_expiry = \"1h\"\nurl = \"{rest}\"\n\
             macaroon_file = \"{0}/boltgram.macaroon\"\ntls_cert_file = \"{0}/tls.cert\"\n\
             [limits]\naddress_rate = 0\n[[carriers]]\nname = \"sandbox\"\nkind = \"sandbox\"\n\
             [[routes]]\nprefix = \"\"\ncarriers = [\"sandbox\"]\n",
            directory.display()
        );
        let file = data.path().join("boltgram.toml");
        fs::write(&file, config)?;
        let command = |arguments: &[&str]| {
            let mut command = Command::new(boltgram);
            command.args(arguments).arg("--config").arg(&file);
            command.arg("--data").arg(data.path().join("boltgram"));
            command
        };
        let mut serving = command(&["serve"]).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let url = listening(&mut serving).await?;
        let mut keys = Vec::new();
        for number in 0..accounts {
            let name = format!("measured-{number}");
            ensure!(command(&["account", "add", &name]).output().await?.status.success());
            let key = command(&["key", "add", &name]).output().await?.stdout;
            keys.push(String::from_utf8(key)?.trim().to_owned());
        }
        let http = reqwest::Client::new();
        Ok(Self { payer, _world: world, data, node, boltgram: serving, url, keys, http })
    }

    /// A new invoice for one of the accounts.
    pub(crate) async fn order(&self, number: usize) -> anyhow::Result<String> {
        let key = self.keys.get(number % self.keys.len()).context("no account")?;
        let request = self.http.post(format!("{}/fund", self.url)).header("X-API-Key", key);
        let answer: Value = request.json(&json!({ "amount": SATS })).send().await?.json().await?;
        let invoice = answer.get("payreq").and_then(Value::as_str);
        Ok(invoice.with_context(|| format!("no invoice: {answer}"))?.to_owned())
    }

    fn process(&self, name: &str) -> Option<u32> {
        if name == "boltgram" { self.boltgram.id() } else { self.node.id() }
    }

    /// Seconds that each process has used.
    pub(crate) fn cpu(&self) -> anyhow::Result<[(&'static str, f64); 2]> {
        let of = |name| {
            let id = self.process(name).context("a process has ended")?;
            let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
            let fields: Vec<&str> =
                stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
            let ticks = |index: usize| fields.get(index).and_then(|it| it.parse::<f64>().ok());
            let (user, system) = (ticks(11).context("no time")?, ticks(12).context("no time")?);
            anyhow::Ok((user + system) / TICKS_PER_SECOND)
        };
        Ok([("boltgram", of("boltgram")?), ("boltgram-node", of("boltgram-node")?)])
    }

    pub(crate) fn memory_mib(&self, name: &str) -> anyhow::Result<u64> {
        let id = self.process(name).context("a process has ended")?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.split_whitespace().nth(1).context("no size")?.parse()?;
        Ok(kib / 1_024)
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        for child in [&mut self.boltgram, &mut self.node] {
            let id = child.id().context("a process has ended")?;
            Command::new("kill").arg(id.to_string()).status().await?;
            child.wait().await?;
        }
        drop(self.data);
        Ok(())
    }
}

/// Puts on chain what the node must keep for its channels; returns its id.
async fn fund(world: &World, directory: &Path, rest: &str) -> anyhow::Result<String> {
    let certificate = reqwest::Certificate::from_pem(&fs::read(directory.join("tls.cert"))?)?;
    let http = reqwest::Client::builder().tls_certs_only([certificate]).build()?;
    let macaroon = hex_of(&fs::read(directory.join("admin.macaroon"))?);
    let get = async |path: &str| -> anyhow::Result<Value> {
        let request = http.get(format!("{rest}{path}"));
        Ok(request.header("grpc-metadata-macaroon", &macaroon).send().await?.json().await?)
    };
    let address = get("/v1/newaddress").await?;
    let address = address.get("address").and_then(Value::as_str).context("no address")?.to_owned();
    block_in_place(|| {
        world.fund_text(&address, 1_000_000);
        world.mine(1);
    });
    let confirmed = async || -> anyhow::Result<()> {
        while get("/v1/balance/blockchain").await?.get("confirmed_balance") == Some(&json!("0")) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    };
    tokio::time::timeout(WAIT, confirmed()).await.context("the node sees no money")??;
    let info = get("/v1/getinfo").await?;
    Ok(info.get("identity_pubkey").and_then(Value::as_str).context("no node id")?.to_owned())
}

/// The rest of the first line of standard output, which begins so.
async fn line(child: &mut Child, start: &str) -> anyhow::Result<String> {
    let output = child.stdout.take().context("no output")?;
    let mut lines = BufReader::new(output).lines();
    let line = tokio::time::timeout(WAIT, lines.next_line()).await??.unwrap_or_default();
    let rest = line.strip_prefix(start).with_context(|| format!("not ready: {line:?}"))?;
    Ok(rest.to_owned())
}

/// Waits for the log line that says where the server listens; the rest of the log is read and dropped.
async fn listening(child: &mut Child) -> anyhow::Result<String> {
    let output = child.stderr.take().context("no log")?;
    let mut lines = BufReader::new(output).lines();
    let waiting = async {
        while let Some(line) = lines.next_line().await? {
            if line.contains("listening") {
                let found = line.split_once("address=").map(|(_, rest)| rest);
                let address = found.and_then(|rest| rest.split_whitespace().next());
                return Ok(format!("http://{}", address.context("no address")?));
            }
        }
        bail!("boltgram ended")
    };
    let url = tokio::time::timeout(WAIT, waiting).await.context("boltgram does not listen")??;
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(url)
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
