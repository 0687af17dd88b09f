//! The command line of the node.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::fs::{Access, access};
use tokio::process::{Child, Command};
use url::Url;

use crate::config::LightningNodeConfig;

/// The program, and its arguments.
#[derive(Debug)]
pub(super) struct NodeCommand {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl NodeCommand {
    pub(super) fn new(program: PathBuf, node: &LightningNodeConfig, data: PathBuf) -> Self {
        let mut command = Self { program, arguments: vec!["run".into()] };
        command.add("--data", data);
        command.add("--network", node.network.as_str());
        for (option, url) in [
            ("--esplora", &node.esplora),
            ("--electrum", &node.electrum),
            ("--bitcoind", &node.bitcoind),
            ("--rgs", &node.rgs),
        ] {
            command.add_given(option, url.as_ref().map(bare));
        }
        command.add_given("--bitcoind-user", node.bitcoind_user.as_ref());
        command.add_given("--bitcoind-password-file", node.bitcoind_password_file.as_ref());
        command.add_given("--bitcoind-cookie-file", node.bitcoind_cookie_file.as_ref());
        command.add("--rest", node.rest.to_string());
        for address in &node.listen {
            command.add("--listen", address.to_string());
        }
        command.add("--alias", &node.alias);
        command.add("--sync-s", node.sync.as_secs().to_string());
        command.arguments.push("--exit-with-stdin".into());
        command
    }

    /// As one argument, so that a value may begin with a hyphen.
    fn add(&mut self, option: &str, value: impl AsRef<OsStr>) {
        let mut argument = OsString::from(option);
        argument.push("=");
        argument.push(value);
        self.arguments.push(argument);
    }

    fn add_given(&mut self, option: &str, value: Option<impl AsRef<OsStr>>) {
        if let Some(value) = value {
            self.add(option, value);
        }
    }

    /// In a process group of its own, so that Ctrl-C reaches only this process, which stops the node last.
    pub(super) fn spawn(&self) -> io::Result<Child> {
        Command::new(&self.program)
            .args(&self.arguments)
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }
}

/// Without the slash that a URL without a path has: paths are appended to it.
fn bare(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

/// A name is searched beside this program, then in `PATH`; a path is taken as it is.
pub(crate) fn find_program(program: &Path) -> Result<PathBuf, String> {
    let is_name = program.components().count() == 1 && !program.starts_with(".");
    if !is_name {
        return if is_program(program) {
            Ok(program.to_owned())
        } else if program.exists() {
            Err(format!("{} is not a program that can be run", program.display()))
        } else {
            Err(format!("there is no {}", program.display()))
        };
    }
    let beside = std::env::current_exe().ok().and_then(|own| own.parent().map(Path::to_owned));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = beside.into_iter().chain(std::env::split_paths(&path));
    folders
        .find_map(|folder| Some(folder.join(program)).filter(|found| is_program(found)))
        .ok_or_else(|| format!("there is no {} beside boltgram or in PATH", program.display()))
}

fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ChainNetwork, LightningNodeConfig};

    fn line(node: &LightningNodeConfig) -> String {
        let command = NodeCommand::new("node".into(), node, "d/lightning-node".into());
        let words = command.arguments.iter().map(|word| word.to_str().unwrap().to_owned());
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_command_line_has_what_the_section_has() {
        let mut node = LightningNodeConfig {
            esplora: Some("https://esplora.example".parse().unwrap()),
            ..LightningNodeConfig::default()
        };
        assert_eq!(
            line(&node),
            "run --data=d/lightning-node --network=bitcoin --esplora=https://esplora.example \
             --rest=127.0.0.1:8089 --listen=0.0.0.0:9735 --alias=boltgram --sync-s=30 --exit-with-stdin"
        );
        node = LightningNodeConfig {
            network: ChainNetwork::Signet,
            rest: "127.0.0.1:9000".parse().unwrap(),
            listen: vec!["127.0.0.1:9735".parse().unwrap(), "[::1]:9736".parse().unwrap()],
            bitcoind: Some("http://127.0.0.1:38332/".parse().unwrap()),
            bitcoind_user: Some("u".to_owned()),
            bitcoind_password_file: Some("p".into()),
            rgs: Some("https://rgs.example/snapshot/".parse().unwrap()),
            ..LightningNodeConfig::default()
        };
        assert_eq!(
            line(&node),
            "run --data=d/lightning-node --network=signet --bitcoind=http://127.0.0.1:38332 \
             --rgs=https://rgs.example/snapshot --bitcoind-user=u --bitcoind-password-file=p \
             --rest=127.0.0.1:9000 --listen=127.0.0.1:9735 --listen=[::1]:9736 --alias=boltgram \
             --sync-s=30 --exit-with-stdin"
        );
    }

    #[test]
    fn a_name_is_searched_and_a_path_is_not() {
        assert!(find_program(Path::new("sh")).unwrap().is_absolute());
        assert_eq!(find_program(Path::new("/bin/sh")).unwrap(), Path::new("/bin/sh"));
        assert_eq!(find_program(Path::new("./sh")).unwrap_err(), "there is no ./sh");
        let told = find_program(Path::new("no-such-node")).unwrap_err();
        assert_eq!(told, "there is no no-such-node beside boltgram or in PATH");
        let told = find_program(Path::new("/etc/passwd")).unwrap_err();
        assert_eq!(told, "/etc/passwd is not a program that can be run");
    }
}
