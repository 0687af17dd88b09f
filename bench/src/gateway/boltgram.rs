//! Boltgram: one process, its account and key made by its own commands.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::postgres::Database;
use super::{Gateway, Setting, fill, free_port, spawn, wait_open};
use crate::load::Door;

const CONFIGURATION: &str = include_str!("../../gateways/boltgram.toml");
/// As in the configuration.
const PRICE_SATS: usize = 100;
/// What an account can be given at once; a recipient of a bulk message costs a tenth.
const CREDIT_MAX_SATS: usize = 100_000_000;

pub(super) fn start(setting: &Setting) -> Result<Gateway> {
    let http_port = free_port()?;
    let dir = setting.dir.to_str().context("a directory with a strange name")?;
    let sqlite = format!("sqlite:{dir}/boltgram.db");
    let database = match setting.store.as_str() {
        "postgres" => Some(Database::start(&setting.dir)?),
        _ => None,
    };
    let store = match (&database, setting.store.as_str()) {
        (Some(database), _) => database.url.clone(),
        (None, "") => sqlite,
        (None, given) => given.to_owned(),
    };
    let values = [
        ("dir", dir.to_owned()),
        ("http_port", http_port.to_string()),
        ("smsc_host", setting.smsc.ip().to_string()),
        ("smsc_port", setting.smsc.port().to_string()),
        ("window", setting.window.to_string()),
        ("binds", setting.binds.to_string()),
        ("store", store),
    ];
    let file = setting.dir.join("boltgram.toml");
    fs::write(&file, fill(CONFIGURATION, &values))?;
    let ask = |words: &[&str]| -> Result<String> {
        let command = &mut Command::new(&setting.boltgram);
        let done =
            command.args(words).arg("--config").arg(&file).current_dir(&setting.dir).output();
        let done = done.with_context(|| format!("cannot run {}", setting.boltgram.display()))?;
        let why = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "boltgram {}: {}", words.join(" "), why.trim());
        Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    };
    let credit = (PRICE_SATS * (setting.messages + 1_000)).min(CREDIT_MAX_SATS).to_string();
    ask(&["account", "add", "bench", "--credit-sats", &credit])?;
    let key = ask(&["key", "add", "bench"])?;
    ask(&["sender", "add", "bench", "BENCH"])?;
    let version = Command::new(&setting.boltgram).arg("--version").output()?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();

    let mut command = Command::new(&setting.boltgram);
    command.arg("serve").arg("--config").arg(&file).current_dir(&setting.dir);
    let process = spawn(&setting.dir, "boltgram.log", &mut command)?;
    let http = ([127, 0, 0, 1], http_port).into();
    let door = Door::Orders { key, callback: setting.callback };
    let mut gateway = Gateway { version, http, door, processes: vec![process], database };
    wait_open(http, &mut gateway.processes)?;
    Ok(gateway)
}
