//! `boltgram serve`: one life of the gateway, from its configuration to its orderly end.
//!
//! It may be killed at any point: everything acknowledged is stored, and the next start resumes the work.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use engine::Engine;
use engine::tasks::Tasks;
use tokio_util::sync::CancellationToken;

use crate::cli::InstanceArgs;
use crate::config::{Backend, Config};
use crate::doors::{Doors, Routers};
use crate::open_store::{config_file, load_config};
use crate::reload::Reload;
use crate::serve_lock::ServeLock;
use crate::signals::{Signalled, Signals};
use crate::{logging, wiring};

/// While the store takes no writes at start.
const STORE_POLL: Duration = Duration::from_secs(1);

pub(super) async fn serve(
    instance: &InstanceArgs,
    listen: Option<SocketAddr>,
) -> anyhow::Result<()> {
    let file = config_file(instance);
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
        signal = signals.next_stop() => {
            tracing::info!(signal, "stopped during start");
            return Ok(());
        }
    }
    let engine = gateway.engine.clone();
    let routers = Routers::new(&engine, gateway.http.clone());
    let addresses = doors.addresses()?;
    let mut reload = Reload::new(file, &config, gateway, routers.clone())?;

    let stop = CancellationToken::new();
    let life = async {
        doors.serve(&routers, &stop).await;
        engine.stop().await;
    };
    let told = async {
        tell_where(&config, addresses, &engine).await;
        std::future::pending::<()>().await;
    };
    let signalled = async {
        let signal = loop {
            match signals.next().await {
                Signalled::Stop(signal) => break signal,
                Signalled::Reload => tokio::select! {
                    () = reload.run(instance) => {}
                    signal = signals.next_stop() => break signal,
                },
            }
        };
        tracing::info!(signal, "stopping: finishing work in progress");
        stop.cancel();
        signals.next_stop().await;
    };
    tokio::select! {
        () = life => tracing::info!("stopped"),
        () = told => {}
        () = signalled => bail!("stopped at once by a second signal"),
    }
    drop(lock);
    Ok(())
}

/// Logs the addresses. Programs that start this one wait for `listening` and read the address, so that word is only in
/// the last line, and only when orders can be stored.
async fn tell_where(
    config: &Config,
    (address, admin): (SocketAddr, Option<SocketAddr>),
    engine: &Engine,
) {
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
    if let Err(error) = engine.health().await.store {
        tracing::error!(%address, %error, "not ready: nothing can be stored, and orders are refused");
        while engine.health().await.store.is_err() {
            tokio::time::sleep(STORE_POLL).await;
        }
    }
    tracing::info!(%address, "listening");
}
