//! The gateway's surroundings, each on a thread and a runtime of its own, so that what they cost is known one by one:
//! the simulator, the sink, the loader and, when the carrier is to be far away, the proxy.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::net::TcpListener;

use crate::load::{self, Load, Seen};
use crate::measure::Thread;
use crate::sink::Sink;
use crate::smsc::{self, Centre};
use crate::{proxy, tally::Tally};

/// A peer that runs until the process ends.
#[derive(Debug)]
pub(crate) struct Peer {
    pub address: SocketAddr,
    pub thread: Thread,
}

/// A thread with a small runtime; what it says first is handed over.
fn start<T: Send + 'static, F: Future<Output = ()>>(
    name: &str,
    begin: impl FnOnce(TcpListener, SocketAddr) -> (T, F) + Send + 'static,
) -> Result<(T, Thread)> {
    let (said, hear) = sync_channel(1);
    let life = move || {
        let first = || -> Result<_> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
            let address = listener.local_addr()?;
            Ok((runtime, listener, address, Thread::current()?))
        };
        match first() {
            Err(error) => drop(said.send(Err(error))),
            Ok((runtime, listener, address, thread)) => {
                let (told, future) = begin(listener, address);
                if said.send(Ok((told, thread))).is_ok() {
                    runtime.block_on(future);
                }
            }
        }
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(life)?;
    hear.recv().context("the peer's thread ended")?
}

/// The simulator.
pub(crate) fn start_smsc(centre: Arc<Centre>) -> Result<Peer> {
    let begin = |listener, address| (address, smsc::serve_on(listener, centre));
    let (address, thread) = start("smsc", begin)?;
    Ok(Peer { address, thread })
}

/// The sink.
pub(crate) fn start_sink(tally: Arc<Tally>) -> Result<(Peer, Arc<Sink>)> {
    let sink = Arc::new(Sink::new(tally));
    let serving = Arc::clone(&sink);
    let begin = |listener, address| (address, serving.serve_on(listener));
    let (address, thread) = start("sink", begin)?;
    Ok((Peer { address, thread }, sink))
}

/// The proxy: where it listens, and its threads.
pub(crate) fn start_proxy(to: SocketAddr, rtt: Duration) -> Result<(SocketAddr, proxy::Threads)> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let (address, threads) = (listener.local_addr()?, proxy::Threads::default());
    let serving = threads.clone();
    let life = move || proxy::serve(&listener, to, rtt, &serving);
    std::thread::Builder::new().name("proxy".to_owned()).spawn(life)?;
    Ok((address, threads))
}

/// The loader at work.
#[derive(Debug)]
pub(crate) struct Loader(JoinHandle<Result<(Seen, Duration)>>);

/// Starts the loader.
pub(crate) fn start_load(load: Load) -> Result<Loader> {
    let life = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let seen = runtime.block_on(load::run(load))?;
        Ok((seen, Thread::current()?.cpu()))
    };
    Ok(Loader(std::thread::Builder::new().name("load".to_owned()).spawn(life)?))
}

impl Loader {
    /// Whether everything is sent.
    pub(crate) fn is_done(&self) -> bool {
        self.0.is_finished()
    }

    /// What it saw, and its CPU time.
    pub(crate) fn join(self) -> Result<(Seen, Duration)> {
        self.0.join().map_err(|_| anyhow!("the loader panicked"))?
    }
}
