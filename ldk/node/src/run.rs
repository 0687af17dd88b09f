//! One life of the node, from its arguments to its orderly end.

use std::io::Write as _;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::chain::{Bitcoind, BitcoindLogin, ChainSource};
use crate::cli::{ChainArgs, RunArgs};
use crate::clock::system_clock;
use crate::data_dir::{DATABASE, DataDir, Macaroons, TlsFiles};
use crate::node::{Node, Options};
use crate::rest;

pub(crate) async fn run(args: RunArgs) -> anyhow::Result<()> {
    let data = DataDir::open(&args.data.data)?;
    let _lock = data.lock()?;
    let chain = chain_source(args.chain)?;
    let rest_ip = args.rest.ip();
    let tls = data.tls(&rest_ip.to_string())?;
    let (seed, macaroons) = (data.seed()?, data.macaroons()?);
    if !rest_ip.is_loopback() {
        tracing::warn!("the REST interface is open to other machines: {}", args.rest);
    }
    let tcp = TcpListener::bind(args.rest).await;
    let tcp = tcp.with_context(|| format!("cannot listen on {}", args.rest))?;
    let address = format!("https://{}", tcp.local_addr()?);
    let options = Options {
        network: args.network,
        chain,
        sync: Duration::from_secs(args.sync_s),
        listen: args.listen,
        alias: args.alias,
        rapid_gossip: args.rgs.map(|url| url.to_string()),
        trust_0conf: args.trust_0conf,
        database: data.file(DATABASE),
    };
    let stopping = stop_asked(args.exit_with_stdin)?;
    data.write_address(&address)?;
    let node = Node::start(options, &seed, system_clock()).await?;
    tracing::info!(node_id = %node.node_id(), network = %args.network, address, "boltgram-node");
    if !data.seed_was_shown() {
        tracing::warn!(
            "write the seed down: boltgram-node seed --data {}",
            args.data.data.display()
        );
    }
    let served = serve(&node, tcp, tls, &macaroons, stopping).await;
    // In order also after an error: LDK has begun to work.
    node.stop().await?;
    served?;
    tracing::info!("stopped");
    Ok(())
}

/// Until the node shall end. No call is under way when it returns.
async fn serve(
    node: &Arc<Node>,
    tcp: TcpListener,
    tls: TlsFiles,
    macaroons: &Macaroons,
    stopping: impl Future<Output = &'static str>,
) -> anyhow::Result<()> {
    let address = format!("https://{}", tcp.local_addr()?);
    let router = rest::router(Arc::clone(node), macaroons);
    let mut serving = tokio::spawn(rest::serve(tcp, tls, router, node.stopped().clone()));
    announce(&address)?;
    let mut outcome = Ok(());
    tokio::select! {
        reason = stopping => tracing::info!(reason, "stopping"),
        () = node.broken().cancelled() => outcome = Err(anyhow!("the node must start again")),
        served = &mut serving => {
            served??;
            bail!("the REST interface ended by itself");
        }
    }
    node.stopped().cancel();
    serving.await??;
    outcome
}

/// Programs that start this one wait for the line.
fn announce(address: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready {address}")?;
    Ok(out.flush()?)
}

/// Listens at once, so that no signal is missed; resolves when the node shall end.
fn stop_asked(with_stdin: bool) -> anyhow::Result<impl Future<Output = &'static str>> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // A thread of its own: the runtime would wait for one that reads when it ends.
    let (ended, end) = oneshot::channel();
    if with_stdin {
        thread::spawn(move || {
            drop(std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()));
            ended.send(()).unwrap_or_default();
        });
    }
    Ok(async move {
        let input_ended = async {
            match end.await {
                Ok(()) => {}
                // It is not watched.
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = term.recv() => "SIGTERM",
            _ = int.recv() => "SIGINT",
            () = input_ended => "standard input ended",
        }
    })
}

fn chain_source(args: ChainArgs) -> anyhow::Result<ChainSource> {
    if let Some(url) = args.esplora {
        return Ok(ChainSource::Esplora(url));
    }
    if let Some(url) = args.electrum {
        return Ok(ChainSource::Electrum(url.to_string()));
    }
    let url = args.bitcoind.context("give --esplora, --electrum or --bitcoind")?;
    let (host, port) = (url.host_str(), url.port());
    let (Some(host), Some(port), "http") = (host, port, url.scheme()) else {
        bail!("--bitcoind is not http://HOST:PORT");
    };
    let login = match (args.bitcoind_user, args.bitcoind_password_file, args.bitcoind_cookie_file) {
        (Some(user), Some(file), None) => BitcoindLogin::Password { user, file },
        (None, None, Some(file)) => BitcoindLogin::Cookie(file),
        _ => bail!("give --bitcoind-user with --bitcoind-password-file, or --bitcoind-cookie-file"),
    };
    Ok(ChainSource::Bitcoind(Bitcoind { host: host.to_owned(), port, login }))
}
