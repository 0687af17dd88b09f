//! Boltgram: one process, or several on one PostgreSQL; its commands create the account and key.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::postgres::Database;
use super::{Gateway, Setting, Store, fill, free_port, node_name, spawn, wait_open};
use crate::load::Door;

const CONFIGURATION: &str = include_str!("../../gateways/boltgram.toml");
/// The prices of the configuration.
const PRICE_SATS: usize = 100;
/// Largest credit in one grant; a campaign's recipient costs a tenth of a message.
const CREDIT_MAX_SATS: usize = 100_000_000;
/// The file that all nodes must share.
const KEY: &str = "data/vault.key";

/// A node's directory, with its configuration.
struct Node {
    dir: PathBuf,
    http: SocketAddr,
}

pub(super) fn start(setting: &Setting) -> Result<Gateway> {
    let nodes = setting.nodes.max(1);
    ensure!(nodes == 1 || setting.store != Store::Sqlite, "several nodes need a PostgreSQL");
    ensure!(setting.binds as usize >= nodes, "each node needs a bind: --binds {nodes}");
    let database = match setting.store {
        Store::Postgres => Some(Database::start(&setting.dir)?),
        Store::Sqlite | Store::At(_) => None,
    };
    let url = match (&database, &setting.store) {
        (Some(database), _) => database.url.clone(),
        (None, Store::At(url)) => url.clone(),
        (None, _) => format!("sqlite:{}/boltgram.db", setting.dir.display()),
    };
    let nodes: Vec<_> =
        (0..nodes).map(|node| configure(setting, node, &url)).collect::<Result<_>>()?;
    let first = nodes.first().context("no node")?;
    let ask = |words: &[&str]| ask(setting, &first.dir, words);
    let credit = (PRICE_SATS * (setting.messages + 1_000)).min(CREDIT_MAX_SATS).to_string();
    ask(&["init"])?;
    ask(&["account", "add", "bench", "--credit-sats", &credit])?;
    let key = ask(&["key", "add", "bench"])?;
    ask(&["sender", "add", "bench", "BENCH"])?;
    for node in &nodes[1..] {
        fs::create_dir(node.dir.join("data"))?;
        fs::copy(first.dir.join(KEY), node.dir.join(KEY))?;
    }

    let door = Door::Orders { key, callback: setting.callback };
    let version = version(setting, nodes.len(), database.as_ref())?;
    let http = nodes.iter().map(|node| node.http).collect();
    let mut gateway = Gateway { version, http, door, processes: Vec::new(), database };
    for node in &nodes {
        let mut command = Command::new(&setting.boltgram);
        command.args(["serve", "--config", "boltgram.toml"]).current_dir(&node.dir);
        gateway.processes.push(spawn(&node.dir, "boltgram.log", &mut command)?);
        wait_open(node.http, &mut gateway.processes)?;
    }
    Ok(gateway)
}

fn configure(setting: &Setting, node: usize, url: &str) -> Result<Node> {
    let name = node_name(node);
    let dir = setting.dir.join(&name);
    fs::create_dir(&dir)?;
    let http_port = free_port()?;
    let values = [
        ("dir", dir.to_str().context("the directory's name is not UTF-8")?.to_owned()),
        ("http_port", http_port.to_string()),
        ("smsc_host", setting.smsc.ip().to_string()),
        ("smsc_port", setting.smsc.port().to_string()),
        ("node", name),
        ("window", setting.window.to_string()),
        ("binds", setting.binds.to_string()),
        ("store", url.to_owned()),
    ];
    fs::write(dir.join("boltgram.toml"), fill(CONFIGURATION, &values))?;
    Ok(Node { dir, http: ([127, 0, 0, 1], http_port).into() })
}

fn ask(setting: &Setting, dir: &Path, words: &[&str]) -> Result<String> {
    let mut command = Command::new(&setting.boltgram);
    let done = command.args(words).args(["--config", "boltgram.toml"]).current_dir(dir).output();
    let done = done.with_context(|| format!("cannot run {}", setting.boltgram.display()))?;
    let why = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "boltgram {}: {}", words.join(" "), why.trim());
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

/// Version of Boltgram and of its store.
fn version(setting: &Setting, nodes: usize, database: Option<&Database>) -> Result<String> {
    let told = Command::new(&setting.boltgram).arg("--version").output()?;
    let told = String::from_utf8_lossy(&told.stdout);
    let store = match (database, &setting.store) {
        (Some(database), _) => database.version()?,
        (None, Store::Sqlite) => "SQLite".to_owned(),
        (None, _) => "PostgreSQL".to_owned(),
    };
    let nodes = if nodes > 1 { format!(", {nodes} nodes") } else { String::new() };
    Ok(format!("{}, {store}{nodes}", told.trim()))
}
