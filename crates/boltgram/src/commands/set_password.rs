//! `boltgram account password`. The password comes from standard input, or is asked for where that is a
//! terminal: an argument would be seen by every user of the machine.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, bail};
use domain::account::AccountName;
use domain::account::operator::Actor;
use domain::secret::Secret;
use engine::accounts::SetPasswordError;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use serde_json::json;

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

/// Longer input is no password.
const LINE_BYTES_MAX: u64 = 4 * 1_024;

pub(super) async fn set_password(
    instance: &InstanceArgs,
    name: &AccountName,
    json: bool,
) -> anyhow::Result<()> {
    let access = open_existing_store(instance).await?;
    let account = access.account_named(name).await?;
    let password = read_password()?;
    let set = access.accounts.set_password(account, password, Actor::CommandLine).await;
    set.map_err(|error| match error {
        error @ SetPasswordError::Length => anyhow::anyhow!("the password {error}"),
        error => error.into(),
    })?;
    let name = name.as_str();
    if json {
        return output::line(&json!({ "account": name, "hasPassword": true }).to_string());
    }
    output::line(&format!("account {name}: the password is set"))
}

fn read_password() -> anyhow::Result<Secret> {
    if !io::stdin().is_terminal() {
        return read_line();
    }
    let (first, second) = (ask("Password: ")?, ask("Again: ")?);
    if first != second {
        bail!("the two passwords differ");
    }
    Ok(first)
}

/// The first line, without its end.
fn read_line() -> anyhow::Result<Secret> {
    let mut line = String::new();
    let mut input = io::Read::take(io::stdin().lock(), LINE_BYTES_MAX);
    input.read_line(&mut line).context("the password cannot be read from standard input")?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(Secret::new(line))
}

fn ask(prompt: &str) -> anyhow::Result<Secret> {
    let mut shown = io::stderr();
    write!(shown, "{prompt}").and_then(|()| shown.flush())?;
    let hidden = Hidden::begin()?;
    let read = read_line();
    drop(hidden);
    writeln!(shown)?;
    read
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> anyhow::Result<Self> {
        let before = tcgetattr(io::stdin()).context("the terminal cannot be read")?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)
            .context("the terminal shows what is typed")?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
