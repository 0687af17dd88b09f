//! `boltgram serve`: one life of the house, from its configuration to its orderly end.
//!
//! A kill at any point is an end too: what was acknowledged is stored, and the next start takes up
//! the rest.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use engine::tasks::Tasks;
use tokio_util::sync::CancellationToken;

use crate::cli::HouseArgs;
use crate::config::{Backend, Config};
use crate::doors::Doors;
use crate::lock::ServeLock;
use crate::open::load_config;
use crate::signals::Signals;
use crate::{logging, wiring};

pub(super) async fn serve(house: &HouseArgs, listen: Option<SocketAddr>) -> anyhow::Result<()> {
    let mut checked = load_config(house)?;
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
    let house = wiring::build(&config, Tasks::new()).await?;
    tokio::select! {
        started = house.engine.start() => started.context("the house cannot start")?,
        signal = signals.next() => {
            tracing::info!(signal, "ended before it had begun");
            return Ok(());
        }
    }
    tell_where(&config, &doors)?;

    let stop = CancellationToken::new();
    let life = async {
        doors.serve(&house.engine, house.http, &stop).await;
        house.engine.stop().await;
    };
    let signalled = async {
        let signal = signals.next().await;
        tracing::info!(signal, "stopping: what is under way is finished first");
        stop.cancel();
        signals.next().await;
    };
    tokio::select! {
        () = life => tracing::info!("stopped"),
        () = signalled => bail!("ended at once by a second signal"),
    }
    drop(lock);
    Ok(())
}

/// For the operator. Programs that start this one wait for `listening` and read the address; so the
/// word stands in one line only, and that is the last.
fn tell_where(config: &Config, doors: &Doors) -> anyhow::Result<()> {
    let (address, admin) = doors.addresses()?;
    let carriers: Vec<_> = config.carriers.iter().map(|carrier| carrier.name.as_str()).collect();
    let node = match config.lightning.backend {
        Backend::Sandbox => "sandbox",
        Backend::Lnd => "lnd",
    };
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        data = %config.data.display(),
        store = %config.store_url(),
        node,
        carriers = carriers.join(", "),
        "boltgram"
    );
    if config.lightning.backend == Backend::Sandbox {
        tracing::info!("sandbox: nothing here is real money; POST /sandbox/pay pays invoices");
    }
    if let Some(admin) = admin {
        tracing::info!(address = %admin, "open to the operator");
    }
    tracing::info!(%address, "listening");
    Ok(())
}
