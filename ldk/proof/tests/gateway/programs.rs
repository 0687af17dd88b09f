//! Programs as child processes. What they write goes to files, which a failing wait shows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use regtest::world::until;

/// The path in a variable, or this one in the repository.
pub(crate) fn program(variable: &str, default: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let path = std::env::var_os(variable).map_or_else(|| workspace.join(default), PathBuf::from);
    let path = if path.is_relative() { std::env::current_dir().unwrap().join(path) } else { path };
    assert!(path.is_file(), "{} is missing: build it, or set {variable}", path.display());
    path
}

/// A child that is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program whose errors go to `log`.
    pub(crate) fn start(command: &mut Command, log: PathBuf) -> Self {
        let file = fs::File::create(&log).unwrap();
        Self { child: command.stderr(file).spawn().unwrap(), log }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits for a line of its log, and returns it.
    pub(crate) fn await_line(&mut self, what: &str, found: impl Fn(&str) -> bool) -> String {
        until(what, || {
            if let Some(line) = self.log().lines().find(|line| found(line)) {
                return Some(line.to_owned());
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("ended ({status}) before {what}:\n{}", self.log());
            }
            None
        })
    }

    /// Ends it in order, which must succeed.
    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status: ExitStatus = until("the program ends", || self.child.try_wait().unwrap());
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }

    /// Ends it by SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines = log.lines().filter(|line| !line.contains("http::access_log"));
            let lines: Vec<_> = lines.collect();
            let tail = &lines[lines.len().saturating_sub(40)..];
            eprintln!("--- end of {}:\n{}", self.log.display(), tail.join("\n"));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
