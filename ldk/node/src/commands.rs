//! The commands besides `run`: they speak to the running node by its REST interface.

use std::fs;
use std::io::{Read as _, Write as _};

use anyhow::{Context, bail, ensure};
use ldk_node::bip39::Mnemonic;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::cli::{Cli, Command, DataArgs};
use crate::data_dir::DataDir;
use crate::run::run;

/// Runs the command.
pub async fn main(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Run(args) => run(*args).await,
        Command::Seed { data, again } => show_seed(&data, again),
        Command::RestoreSeed { data } => restore_seed(&data),
        Command::Channels { data, json } => {
            let channels = Running::of(&data)?.get("/v1/channels").await?;
            if json { print_json(&channels) } else { list_channels(&channels) }
        }
        Command::Balance { data, json } => balance(&Running::of(&data)?, json).await,
        Command::NewAddress { data } => {
            let answer = Running::of(&data)?.get("/v1/newaddress").await?;
            print(text(&answer, "address"))
        }
        Command::Connect { data, peer } => {
            connect(&Running::of(&data)?, &peer).await?;
            print(&format!("connected to {peer}"))
        }
        Command::OpenChannel { data, peer, sats, push_sats, announce } => {
            let node = Running::of(&data)?;
            let key = connect(&node, &peer).await?;
            let body = json!({
                "node_pubkey_string": key, "local_funding_amount": sats.to_string(),
                "push_sat": push_sats.to_string(), "private": !announce,
            });
            let opened = node.call(Method::POST, "/v1/channels", Some(body)).await?;
            let index = opened.get("output_index").and_then(Value::as_u64).unwrap_or(0);
            let point = format!("{}:{index}", text(&opened, "funding_txid_str"));
            print(&format!("opened {point}; usable after some blocks (see `channels`)"))
        }
        Command::CloseChannel { data, channel, force } => {
            let (txid, index) = channel.split_once(':').context("a channel point is TXID:INDEX")?;
            let path = format!("/v1/channels/{txid}/{index}?force={force}");
            Running::of(&data)?.call(Method::DELETE, &path, None).await?;
            print(&format!("closing {channel}"))
        }
    }
}

fn show_seed(data: &DataArgs, again: bool) -> anyhow::Result<()> {
    let data = DataDir::open(&data.data)?;
    let words = data.known_seed()?.context("there is no seed yet: the first `run` makes it")?;
    let shown = data.mark_seed_shown()?;
    ensure!(
        again || !shown,
        "the words were shown before; --again shows them ({} has them, too)",
        data.file("seed").display()
    );
    print(&words.to_string())
}

fn restore_seed(data: &DataArgs) -> anyhow::Result<()> {
    let mut words = String::new();
    std::io::stdin().read_to_string(&mut words)?;
    let words = Mnemonic::parse(words.trim()).context("these are not the words of a seed")?;
    let data = DataDir::open(&data.data)?;
    let _lock = data.lock()?;
    data.restore_seed(&words)?;
    print("the seed is restored; channels are not part of it")
}

/// The running node of a data directory.
struct Running {
    client: Client,
    url: String,
    macaroon: String,
}

impl Running {
    fn of(data: &DataArgs) -> anyhow::Result<Self> {
        ensure!(data.data.is_dir(), "{} is not a node's data directory", data.data.display());
        let data = DataDir::open(&data.data)?;
        let url = data.address()?;
        let path = data.file("tls.cert");
        let pem = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let certificate = reqwest::Certificate::from_pem(&pem)?;
        let client = Client::builder()
            .tls_certs_only([certificate])
            .no_proxy()
            .build()
            .context("cannot use the node's certificate")?;
        Ok(Self { client, url, macaroon: hex::encode(data.macaroons()?.admin) })
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        request = request.header("Grpc-Metadata-macaroon", &self.macaroon);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await;
        let response = response.with_context(|| format!("no node answers at {}", self.url))?;
        let status = response.status();
        let answer: Value = response.json().await.context("the node's answer is no JSON")?;
        if !status.is_success() {
            bail!("{}", text(&answer, "message"));
        }
        Ok(answer)
    }
}

/// Connects to `NODE_ID@HOST:PORT`, and returns the node id.
async fn connect<'a>(node: &Running, peer: &'a str) -> anyhow::Result<&'a str> {
    let (key, host) = peer.split_once('@').context("a peer is NODE_ID@HOST:PORT")?;
    let body = json!({ "addr": { "pubkey": key, "host": host }, "perm": true });
    node.call(Method::POST, "/v1/peers", Some(body)).await?;
    Ok(key)
}

fn list_channels(answer: &Value) -> anyhow::Result<()> {
    let channels = answer.get("channels").and_then(Value::as_array).cloned().unwrap_or_default();
    if channels.is_empty() {
        return print("no channels");
    }
    for channel in channels {
        let active = channel.get("active").and_then(Value::as_bool).unwrap_or(false);
        print(&format!(
            "{} with {}: {} sats, {} to send, {} to receive{}",
            text(&channel, "channel_point"),
            text(&channel, "remote_pubkey"),
            text(&channel, "capacity"),
            text(&channel, "local_balance"),
            text(&channel, "remote_balance"),
            if active { "" } else { " (not usable now)" },
        ))?;
    }
    Ok(())
}

async fn balance(node: &Running, json: bool) -> anyhow::Result<()> {
    let chain = node.get("/v1/balance/blockchain").await?;
    let channels = node.get("/v1/balance/channels").await?;
    if json {
        return print_json(&json!({ "blockchain": chain, "channels": channels }));
    }
    let sats = |side: &str| {
        let amount = channels.get(side).and_then(|amount| amount.get("sat"));
        amount.and_then(Value::as_str).unwrap_or("0").to_owned()
    };
    print(&format!("on chain: {} sats", text(&chain, "total_balance")))?;
    print(&format!("  unconfirmed: {} sats", text(&chain, "unconfirmed_balance")))?;
    print(&format!(
        "  kept for fees of channels: {} sats",
        text(&chain, "reserved_balance_anchor_chan")
    ))?;
    print(&format!("in channels, to send: {} sats", sats("local_balance")))?;
    print(&format!("in channels, to receive: {} sats", sats("remote_balance")))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or("")
}

fn print_json(value: &Value) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?)
}

fn print(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    Ok(writeln!(out, "{line}")?)
}
