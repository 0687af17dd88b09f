//! Debian's Kannel: `bearerbox` with its spool, and one `smsbox`.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Gateway, Setting, fill, free_port, spawn, wait_open};
use crate::load::Door;

const CONFIGURATION: &str = include_str!("../../gateways/kannel.conf");
const DLR_SQLITE3: &str = include_str!("../../gateways/kannel-dlr-sqlite3.conf");
const BEARERBOX: &str = "/usr/sbin/bearerbox";
const SMSBOX: &str = "/usr/sbin/smsbox";
/// Otherwise both log everything to stderr, whatever the log file's level, which takes half their time.
const QUIET: [&str; 2] = ["-v", "4"];

pub(super) fn start(setting: &Setting) -> Result<Gateway> {
    let (http_port, smsbox_port) = (free_port()?, free_port()?);
    let dir = setting.dir.to_str().context("the directory's name is not UTF-8")?;
    let values = [
        ("dir", dir.to_owned()),
        ("admin_port", free_port()?.to_string()),
        ("smsbox_port", smsbox_port.to_string()),
        ("http_port", http_port.to_string()),
        ("smsc_host", setting.smsc.ip().to_string()),
        ("smsc_port", setting.smsc.port().to_string()),
        ("window", setting.window.to_string()),
        ("dlr_storage", setting.kannel_dlr.clone()),
    ];
    let durable_dlr = if setting.kannel_dlr == "sqlite3" { DLR_SQLITE3 } else { "" };
    let file = setting.dir.join("kannel.conf");
    fs::write(&file, fill(&[CONFIGURATION, durable_dlr].concat(), &values))?;
    fs::create_dir_all(setting.dir.join("spool"))?;
    if !durable_dlr.is_empty() {
        create_dlr_table(setting)?;
    }

    let bearerbox =
        spawn(&setting.dir, "bearerbox.out", Command::new(BEARERBOX).args(QUIET).arg(&file))?;
    let http = ([127, 0, 0, 1], http_port).into();
    let door = Door::Kannel { callback: setting.callback };
    let processes = vec![bearerbox];
    let mut gateway =
        Gateway { version: version()?, http: vec![http], door, processes, database: None };
    wait_open(([127, 0, 0, 1], smsbox_port).into(), &mut gateway.processes)?;
    gateway.processes.push(spawn(
        &setting.dir,
        "smsbox.out",
        Command::new(SMSBOX).args(QUIET).arg(&file),
    )?);
    wait_open(http, &mut gateway.processes)?;
    Ok(gateway)
}

fn version() -> Result<String> {
    let told =
        Command::new("dpkg-query").args(["-W", "-f", "kannel ${Version}", "kannel"]).output()?;
    Ok(String::from_utf8_lossy(&told.stdout).trim().to_owned())
}

/// Kannel does not create the table itself.
fn create_dlr_table(setting: &Setting) -> Result<()> {
    let columns = "smsc, ts, source, destination, service, url, mask INTEGER, status INTEGER, boxc";
    let sql = format!("CREATE TABLE dlr ({columns}); CREATE INDEX dlr_ts ON dlr (smsc, ts);");
    let done = Command::new("python3")
        .args([
            "-c",
            "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])",
        ])
        .arg(setting.dir.join("dlr.db"))
        .arg(sql)
        .status()
        .context("python3 is needed to create Kannel's receipt table")?;
    anyhow::ensure!(done.success(), "cannot create Kannel's receipt table");
    Ok(())
}
