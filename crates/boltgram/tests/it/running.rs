//! The real program in its own directory, as a server and through its commands.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Time limit: everything takes about a second, but longer on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

const SERVE: &[&str] = &["serve", "--listen", "127.0.0.1:0"];

/// Section of a configuration whose carriers are real: invoices are paid with money of the
/// sandbox.
pub(crate) const SANDBOX_MONEY: &str =
    "[lightning]\nbackend = \"sandbox\"\nsandbox_beside_real_carriers = true\n";

/// The program's directory, which outlives its processes.
pub(crate) struct Home {
    directory: TempDir,
    has_config: bool,
    /// The store was created by `init`, if not by a server before.
    made: std::cell::Cell<bool>,
    lives: std::cell::Cell<u32>,
}

impl Home {
    /// Without a configuration file.
    pub(crate) fn bare() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory, has_config: false, made: Default::default(), lives: Default::default() }
    }

    pub(crate) fn with_config(config: &str) -> Self {
        let mut home = Self::bare();
        fs::write(home.path("boltgram.toml"), config).unwrap();
        home.has_config = true;
        home
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(name)
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_boltgram"));
        program.current_dir(self.directory.path()).args(arguments).env_remove("RUST_LOG");
        program.env_remove("BOLTGRAM_CONFIG");
        if self.has_config {
            program.args(["--config", "boltgram.toml"]);
        }
        program
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.program(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs a command that must succeed. Returns its output without the final newline. The first command
    /// that adds something creates the store, as the first server would.
    pub(crate) fn answer(&self, arguments: &[&str]) -> String {
        if matches!(arguments, ["account" | "operator", "add", ..]) && !self.made.replace(true) {
            let at = arguments.iter().position(|argument| *argument == "--data");
            let data = at.map_or(&[][..], |at| &arguments[at..at + 2]);
            self.answer(&[&["init"], data].concat());
        }
        let output = self.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {told}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Runs a command that must fail with `code`. Returns its error output.
    pub(crate) fn complaint(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        told.trim_end().to_owned()
    }

    /// Starts the server on a free port, and waits until it listens.
    pub(crate) fn serve(&self) -> Running {
        self.serve_by(self.program(SERVE), "listening")
    }

    /// Likewise, where no file can grow beyond `bytes`, and waits for this word with an address.
    pub(crate) fn serve_on_full_disk(&self, bytes: u64, word: &str) -> Running {
        self.serve_by(self.shell(&format!("ulimit -S -f {}", bytes.div_ceil(512))), word)
    }

    /// Likewise, but a write past the file size limit ([`Running::limit_files`]) is an error instead of
    /// a fatal signal.
    pub(crate) fn serve_with_full_disks_told(&self) -> Running {
        self.serve_by(self.shell("true"), "listening")
    }

    /// A server that begins with a command of the shell.
    fn shell(&self, first: &str) -> Command {
        let program = self.program(SERVE);
        let mut shell = Command::new("sh");
        let script = format!("trap '' XFSZ; {first}; exec \"$@\"");
        shell.args(["-c", &script, "sh"]).arg(program.get_program());
        shell.args(program.get_args()).current_dir(self.directory.path());
        shell.env_remove("RUST_LOG").env_remove("BOLTGRAM_CONFIG");
        shell
    }

    fn serve_by(&self, mut program: Command, word: &str) -> Running {
        self.lives.set(self.lives.get() + 1);
        let log = self.path(format!("life-{}.log", self.lives.get()));
        let mut child = program
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let address = address_told(&mut child, &log, word);
        Running { child, log, address }
    }

    /// The logs of all servers of this home.
    pub(crate) fn logs(&self) -> String {
        let life = |life| fs::read_to_string(self.path(format!("life-{life}.log"))).unwrap();
        (1..=self.lives.get()).map(life).collect()
    }
}

/// Waits for the line with this word, in either log format.
fn address_told(child: &mut Child, log: &Path, word: &str) -> SocketAddr {
    let begun = Instant::now();
    loop {
        let text = fs::read_to_string(log).unwrap();
        if let Some(address) = text.lines().find_map(|line| address_of(line, word)) {
            return address;
        }
        if let Some(status) = child.try_wait().unwrap() {
            panic!("the server ended ({status}) before it listened:\n{text}");
        }
        assert!(begun.elapsed() < PATIENCE, "the server does not listen:\n{text}");
        sleep(Duration::from_millis(20));
    }
}

fn address_of(line: &str, word: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(word)?;
    let (_, rest) = rest.split_once("address")?;
    let rest = rest.trim_start_matches(['"', ':', '=']);
    rest.split(['"', ' ']).next()?.parse().ok()
}

/// A running server. Dropping it kills it.
pub(crate) struct Running {
    child: Child,
    log: PathBuf,
    address: SocketAddr,
}

impl Running {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Limits the size of the server's files in bytes.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let soft = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        let (id, limit) = (self.child.id().to_string(), format!("--fsize={soft}:"));
        let set = Command::new("prlimit").args(["--pid", &id, &limit]).status();
        assert!(set.unwrap().success(), "{limit}");
    }

    /// Peak memory in KiB.
    pub(crate) fn memory_peak_kib(&self) -> u64 {
        self.status("VmHWM:").trim_end_matches(" kB").parse().unwrap()
    }

    /// A field of `/proc/PID/status` (`proc_pid_status(5)`).
    pub(crate) fn status(&self, name: &str) -> String {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
    }

    /// Waits for words in its log.
    pub(crate) fn await_log(&self, words: &str) {
        let begun = Instant::now();
        while !self.log().contains(words) {
            assert!(begun.elapsed() < PATIENCE, "no {words:?} in:\n{}", self.log());
            sleep(Duration::from_millis(20));
        }
    }

    /// Kills it without warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends after a signal.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "the server does not end:\n{}", self.log());
            sleep(Duration::from_millis(20));
        }
    }

    /// Stops it gracefully, which must succeed.
    pub(crate) fn stop(mut self) {
        self.signal("-TERM");
        let status = self.ended();
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
