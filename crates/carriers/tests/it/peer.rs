//! A third-party server in a separate process (`scripts/peers`). It reads commands and prints events, both as JSON
//! lines. Dropping it ends the process.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use testkit::carrier_conformance::until;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinSet;

pub(crate) struct Peer {
    _process: Child,
    stdin: ChildStdin,
    events: Arc<Mutex<Vec<Value>>>,
    _reader: JoinSet<()>,
    pub(crate) port: u16,
}

pub(crate) fn repository_path(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

impl Peer {
    /// PyPI aiosmtpd.
    pub(crate) async fn smtp(options: &Value) -> Self {
        let python = repository_path(".tools/venv/bin/python");
        assert!(python.exists(), "run scripts/test, which installs the peers");
        let mut command = Command::new(python);
        command.arg(repository_path("scripts/peers/smtp/sink.py"));
        Self::start(command, options).await
    }

    /// npm smpp.
    pub(crate) async fn smsc(options: &Value) -> Self {
        let mut command = Command::new("node");
        command.arg(repository_path("scripts/peers/smsc/smsc.js"));
        Self::start(command, options).await
    }

    async fn start(mut command: Command, options: &Value) -> Self {
        command.arg(options.to_string()).kill_on_drop(true);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = process.stdin.take().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let events = Arc::new(Mutex::new(Vec::new()));
        let written = events.clone();
        let mut reader = JoinSet::new();
        reader.spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                written.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        let mut peer = Self { _process: process, stdin, events, _reader: reader, port: 0 };
        let listening = peer.wait("listening", |_| true).await;
        peer.port = u16::try_from(listening["port"].as_u64().unwrap()).unwrap();
        peer
    }

    /// Sends a command and waits until it is done.
    pub(crate) async fn command(&mut self, command: Value) -> Value {
        let name = command["cmd"].clone();
        let done = self.all("done").len();
        self.stdin.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        until("the end of a command", || self.all("done").len() > done).await;
        let done = self.all("done").pop().unwrap();
        assert_eq!(done["cmd"], name);
        done
    }

    /// Sends a command without arguments.
    pub(crate) async fn tell(&mut self, command: &str) -> Value {
        self.command(json!({ "cmd": command })).await
    }

    /// All events of a kind so far.
    pub(crate) fn all(&self, event: &str) -> Vec<Value> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|known| known["event"] == event).cloned().collect()
    }

    /// Waits for the first event of a kind that satisfies `fits`.
    pub(crate) async fn wait(&self, event: &str, fits: impl Fn(&Value) -> bool) -> Value {
        until(event, || self.all(event).iter().any(&fits)).await;
        self.all(event).into_iter().find(fits).unwrap()
    }
}
