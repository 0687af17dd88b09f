//! `boltgram serve`: one life of the gateway, from its configuration to its orderly end.
//!
//! It may be killed at any point: everything acknowledged is stored, and the next start resumes the work.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use engine::tasks::Tasks;
use tokio_util::sync::CancellationToken;

use crate::cli::InstanceArgs;
use crate::config::{Backend, Config};
use crate::doors::Doors;
use crate::open_store::load_config;
use crate::serve_lock::ServeLock;
use crate::signals::Signals;
use crate::{logging, wiring};

pub(super) async fn serve(
    instance: &InstanceArgs,
    listen: Option<SocketAddr>,
) -> anyhow::Result<()> {
    let mut checked = load_config(instance)?;
    if let Some(listen) = listen {
        checked.config.listen = listen;
    }
    let config = checked.config;
    logging::start(&config.log);
    for warning in &checked.warnings {
        tracing::warn!(line = warning.line, "configuration: {}", warning.text);
    }
    let mut signals = Signals::listen()?;

    let doors = Doors::bind(&config).await?;
    let lock = ServeLock::take(&config).await?;
    let gateway = wiring::build(&config, Tasks::new()).await?;
    tokio::select! {
        started = gateway.engine.start() => started.context("the gateway cannot start")?,
        signal = signals.next() => {
            tracing::info!(signal, "stopped during start");
            return Ok(());
        }
    }
    tell_where(&config, &doors)?;

    let stop = CancellationToken::new();
    let life = async {
        doors.serve(&gateway.engine, gateway.http, &stop).await;
        gateway.engine.stop().await;
    };
    let signalled = async {
        let signal = signals.next().await;
        tracing::info!(signal, "stopping: finishing work in progress");
        stop.cancel();
        signals.next().await;
    };
    tokio::select! {
        () = life => tracing::info!("stopped"),
        () = signalled => bail!("stopped at once by a second signal"),
    }
    drop(lock);
    Ok(())
}

/// Logs the addresses. Programs that start this one wait for `listening` and read the address, so that word is only in
/// the last line.
fn tell_where(config: &Config, doors: &Doors) -> anyhow::Result<()> {
    let (address, admin) = doors.addresses()?;
    let carriers: Vec<_> = config.carriers.iter().map(|carrier| carrier.name.as_str()).collect();
    let node = match config.backend() {
        Backend::Sandbox => "sandbox",
        Backend::Lnd => "lnd",
        Backend::None => "none",
    };
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        data = %config.data.display(),
        store = %config.store_url(),
        node,
        carriers = carriers.join(", "),
        "boltgram"
    );
    if config.backend() == Backend::Sandbox {
        tracing::info!("sandbox: no real money; POST /sandbox/pay pays invoices");
    }
    if let Some(admin) = admin {
        tracing::info!(address = %admin, "admin address open");
    }
    tracing::info!(%address, "listening");
    Ok(())
}
