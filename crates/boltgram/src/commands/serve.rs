//! `boltgram serve`: one life of the gateway, from its configuration to its orderly end.
//!
//! It may be killed at any point: everything acknowledged is stored, and the next start resumes the work.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use engine::tasks::Tasks;
use engine::{Engine, NodeRestarts};
use tokio_util::sync::CancellationToken;

use crate::cli::InstanceArgs;
use crate::config::{Backend, Config};
use crate::doors::{Doors, Routers};
use crate::lightning_node::LightningNode;
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
    let restarts = NodeRestarts::default();
    let node = LightningNode::start(&config, restarts.clone())?;
    let start = Start { instance, file, config, doors, node: node.as_ref(), restarts };
    let ended = start.run(&mut signals).await;
    let ended = match (&node, ended) {
        (_, Ok(Ended::AtOnce)) => Ok(Ended::AtOnce),
        (None, ended) => ended,
        (Some(node), ended) => tokio::select! {
            () = node.stop() => ended,
            _ = signals.next_stop() => ended.and(Ok(Ended::AtOnce)),
        },
    };
    match ended? {
        Ended::InOrder => tracing::info!("stopped"),
        Ended::AtOnce => bail!("stopped at once by a second signal"),
    }
    drop(lock);
    Ok(())
}

/// How the gateway ended.
enum Ended {
    InOrder,
    AtOnce,
}

/// What the gateway starts with.
struct Start<'a> {
    instance: &'a InstanceArgs,
    file: Option<PathBuf>,
    config: Config,
    doors: Doors,
    node: Option<&'a LightningNode>,
    restarts: NodeRestarts,
}

impl Start<'_> {
    /// From here to its end; the Lightning node is started before and stopped after it.
    async fn run(self, signals: &mut Signals) -> anyhow::Result<Ended> {
        let Self { instance, file, config, doors, node, restarts } = self;
        if let Some(node) = node {
            tokio::select! {
                started = node.await_start() => started?,
                signal = signals.next_stop() => return Ok(stopped_early(signal)),
            }
        }
        let gateway = wiring::build(&config, Tasks::new(), restarts).await?;
        tokio::select! {
            started = gateway.engine.start() => started.context("the gateway cannot start")?,
            signal = signals.next_stop() => return Ok(stopped_early(signal)),
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
        Ok(tokio::select! {
            () = life => Ended::InOrder,
            () = told => Ended::InOrder,
            () = signalled => Ended::AtOnce,
        })
    }
}

fn stopped_early(signal: &str) -> Ended {
    tracing::info!(signal, "stopped during start");
    Ended::InOrder
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
        Backend::Ldk => "ldk",
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
