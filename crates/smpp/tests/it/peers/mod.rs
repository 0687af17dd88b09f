//! Third-party implementations, each a process from `scripts/peers`: clients against our server, servers against our
//! client. `scripts/test` installs them.

mod clients;
mod kannel;
mod smscs;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Allows for the slow start of an interpreter on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that prints events, one JSON object per line. Dropping this kills it.
struct Peer {
    _process: Child,
    _stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    fn start(program: &str, script: &str, options: Option<Value>) -> Self {
        let house = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let program = if program == "python" {
            house.join(".tools/venv/bin/python")
        } else {
            PathBuf::from(program)
        };
        let mut command = Command::new(program);
        command.arg(house.join("scripts/peers").join(script)).kill_on_drop(true);
        command.args(options.map(|options| options.to_string()));
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = spawned.expect("the peers are needed for this test: run ./scripts/test");
        let stdin = process.stdin.take().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { _process: process, _stdin: stdin, lines }
    }

    /// The next event; `None` when the peer has exited.
    async fn next(&mut self) -> Option<Value> {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.expect("the peer printed nothing").unwrap()?;
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")))
    }

    /// The next event of a kind; others before it are skipped.
    async fn wait(&mut self, event: &str) -> Value {
        loop {
            let found = self.next().await.unwrap_or_else(|| panic!("it ended before {event}"));
            if found["event"] == event {
                return found;
            }
        }
    }

    /// All events until it exits.
    async fn rest(mut self) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// The events of a kind.
fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == kind).collect()
}
