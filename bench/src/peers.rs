//! The gateway's peers, each on its own thread and runtime, so that their CPU time is known separately: the simulator,
//! the sink, the loader and, for a distant carrier, the proxy.

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

/// Starts a thread with a small runtime, and returns its first message.
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

/// The proxy's address and threads.
pub(crate) fn start_proxy(to: SocketAddr, rtt: Duration) -> Result<(SocketAddr, proxy::Threads)> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let (address, threads) = (listener.local_addr()?, proxy::Threads::default());
    let serving = threads.clone();
    let life = move || proxy::serve(&listener, to, rtt, &serving);
    std::thread::Builder::new().name("proxy".to_owned()).spawn(life)?;
    Ok((address, threads))
}

/// A running loader.
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
    /// Whether it has sent everything.
    pub(crate) fn is_done(&self) -> bool {
        self.0.is_finished()
    }

    /// Its measurements and CPU time.
    pub(crate) fn join(self) -> Result<(Seen, Duration)> {
        self.0.join().map_err(|_| anyhow!("the loader panicked"))?
    }
}
