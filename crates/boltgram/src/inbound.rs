//! From `[inbound]` and `[[numbers]]` to who is told what comes in: accounts are looked up, and the
//! operator's signing secret is read, or made when there is none yet.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use domain::event::Target;
use domain::inbound::keyword::{Keyword, Keywords};
use domain::inbound::{Party, Receiver, Receivers};
use domain::ports::{Random, Store};
use domain::secret::Secret;
use domain::text::Text;
use engine::events::sign;
use url::Url;

use crate::config::{Config, InboundConfig, NumberConfig};
use crate::open::account_named;

pub(crate) async fn make_receivers(
    config: &Config,
    store: &dyn Store,
    random: &dyn Random,
) -> anyhow::Result<Receivers> {
    let needed = config.inbound.webhook_url.is_some()
        || config
            .numbers
            .iter()
            .any(|number| number.webhook_url.is_some() && number.account.is_none());
    let secret = if needed { Some(open_secret(config, random)?) } else { None };
    let rest = config.inbound.webhook_url.as_ref();
    let InboundConfig { stop_words: stop, start_words: start, help_words: help, .. } =
        &config.inbound;
    let mut receivers = Receivers {
        keywords: Keywords::default()
            .and(Keyword::Stop, stop.iter().map(String::as_str))
            .and(Keyword::Start, start.iter().map(String::as_str))
            .and(Keyword::Help, help.iter().map(String::as_str)),
        others: Receiver { target: webhook(rest, secret.as_ref()), ..Receiver::default() },
        ..Receivers::default()
    };
    for number in &config.numbers {
        let receiver = receiver(number, rest, secret.as_ref(), store)
            .await
            .with_context(|| format!("[[numbers]] {}", number.number))?;
        receivers.numbers.insert(Party::new(&number.number), receiver);
    }
    Ok(receivers)
}

async fn receiver(
    number: &NumberConfig,
    rest: Option<&Url>,
    secret: Option<&Secret>,
    store: &dyn Store,
) -> anyhow::Result<Receiver> {
    let url = number.webhook_url.as_ref().or(rest);
    let Some(name) = &number.account else {
        return Ok(Receiver { target: webhook(url, secret), ..Receiver::default() });
    };
    let name = name.parse().context("no name of an account")?;
    let account = account_named(store, &name).await?;
    // What the operator is told of other numbers is not the account's, and not signed by it.
    let target = match &number.webhook_url {
        Some(url) => webhook(Some(url), Some(&account.webhook_secret)),
        None => webhook(rest, secret),
    };
    let help = number.help_text.as_deref().map(Text::new);
    Ok(Receiver { account: Some(account.id), target, help })
}

fn webhook(url: Option<&Url>, secret: Option<&Secret>) -> Option<Target> {
    let (url, secret) = (url?, secret?);
    Some(Target::Webhook { url: url.as_str().to_owned(), secret: secret.clone() })
}

/// The operator's own file must be there; ours is made.
fn open_secret(config: &Config, random: &dyn Random) -> anyhow::Result<Secret> {
    let path = match &config.inbound.webhook_secret_file {
        Some(path) => path.clone(),
        None => own_secret(&config.data, random)?,
    };
    let text = fs::read_to_string(&path)
        .with_context(|| format!("webhook_secret_file: cannot use {}", path.display()))?;
    let secret = Secret::new(text.lines().next().unwrap_or_default().trim());
    ensure!(
        sign(&secret, "msg_1", 0, b"").is_some(),
        "webhook_secret_file: {} holds no secret: whsec_ and base64",
        path.display()
    );
    Ok(secret)
}

/// Written whole under another name first: it is complete or absent.
fn own_secret(data: &Path, random: &dyn Random) -> anyhow::Result<PathBuf> {
    let path = data.join("inbound.secret");
    if fs::exists(&path)? {
        return Ok(path);
    }
    let draft = path.with_extension("secret.new");
    let make = || -> std::io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        writeln!(file, "{}", engine::accounts::webhook_secret(random).expose())?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        File::open(data)?.sync_all()
    };
    make().with_context(|| format!("{} cannot be made", path.display()))?;
    tracing::info!(path = %path.display(), "made the secret that signs webhooks of what comes in");
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::system::OsRandom;

    fn config(data: &Path, file: Option<PathBuf>) -> Config {
        let mut config = Config { data: data.to_owned(), ..Config::default() };
        config.inbound.webhook_secret_file = file;
        config
    }

    #[test]
    fn makes_a_private_secret_once_and_reads_it_again() {
        let data = tempfile::tempdir().unwrap();
        let config = config(data.path(), None);
        let first = open_secret(&config, &OsRandom).unwrap();
        assert!(first == open_secret(&config, &OsRandom).unwrap());
        let mode = fs::metadata(data.path().join("inbound.secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_of_the_operators_must_be_there_and_hold_a_secret() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("mine");
        let told = || {
            let opened = open_secret(&config(data.path(), Some(path.clone())), &OsRandom);
            opened.map_err(|error| error.to_string())
        };
        assert!(told().unwrap_err().contains("cannot use"));
        fs::write(&path, "hunter2\n").unwrap();
        let error = told().unwrap_err();
        assert!(error.contains("holds no secret") && !error.contains("hunter2"), "{error}");
        fs::write(&path, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        assert_eq!(told().unwrap().expose(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }
}
