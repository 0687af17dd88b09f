//! Forwards the octets of the proxy's connections: each direction is read ahead of its delay and written up to the next
//! fault.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::{Fault, State, Toward};

/// Size and number of chunks in transit: far more than a window of messages.
const CHUNK_OCTETS: usize = 16 * 1024;
const CHUNKS_MAX: usize = 1024;

type Chunk = (Instant, Vec<u8>);

/// The connection is to be reset, by a fault or because one end was reset.
struct Cut;

pub(super) async fn serve(listener: TcpListener, server: SocketAddr, state: watch::Sender<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                if state.borrow().refusing {
                    reset(client);
                } else {
                    connections.spawn(connect(client, server, state.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

fn reset(stream: TcpStream) {
    // If this fails, the other end sees an orderly close instead.
    let _ = stream.set_zero_linger();
    drop(stream);
}

/// Counts a connection while it is open.
struct Open(watch::Sender<State>);

impl Open {
    fn new(state: watch::Sender<State>) -> Self {
        state.send_modify(|state| {
            state.accepted += 1;
            state.open += 1;
        });
        Self(state)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|state| state.open -= 1);
    }
}

async fn connect(mut client: TcpStream, server: SocketAddr, state: watch::Sender<State>) {
    let born = state.borrow().cut;
    let _open = Open::new(state.clone());
    let Ok(mut server) = TcpStream::connect(server).await else { return reset(client) };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let mut cuts = state.subscribe();
    let ended = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let ways = async {
            tokio::try_join!(
                carry(from_client, to_server, Toward::Server, &state),
                carry(from_server, to_client, Toward::Client, &state),
            )
        };
        tokio::select! {
            ended = ways => ended.is_ok(),
            _ = cuts.wait_for(|state| state.cut > born) => false,
        }
    };
    if !ended {
        reset(client);
        reset(server);
    }
}

/// Forwards one direction of a connection until its source ends or a fault occurs.
async fn carry(
    from: ReadHalf<'_>,
    to: WriteHalf<'_>,
    toward: Toward,
    state: &watch::Sender<State>,
) -> Result<(), Cut> {
    let (ahead, chunks) = mpsc::channel(CHUNKS_MAX);
    tokio::try_join!(read(from, ahead, toward, state), write(chunks, to, toward, state))?;
    Ok(())
}

async fn read(
    mut from: ReadHalf<'_>,
    ahead: mpsc::Sender<Chunk>,
    toward: Toward,
    state: &watch::Sender<State>,
) -> Result<(), Cut> {
    let mut changes = state.subscribe();
    let mut octets = vec![0; CHUNK_OCTETS];
    loop {
        let delay = match changes.wait_for(|state| !state.way(toward).stalled).await {
            Ok(state) => state.way(toward).delay,
            Err(_) => return Ok(()),
        };
        match from.read(&mut octets).await {
            Ok(0) => return Ok(()),
            Err(_) => return Err(Cut),
            // After a half-close it is lost, as intended.
            Ok(count) => {
                let _ = ahead.send((Instant::now() + delay, octets[..count].to_vec())).await;
            }
        }
    }
}

async fn write(
    mut chunks: mpsc::Receiver<Chunk>,
    mut to: WriteHalf<'_>,
    toward: Toward,
    state: &watch::Sender<State>,
) -> Result<(), Cut> {
    let born = state.borrow().way(toward).closed;
    let mut closes = state.subscribe();
    let all = async {
        while let Some((due, chunk)) = chunks.recv().await {
            sleep_until(due).await;
            if write_chunk(&chunk, &mut to, toward, state).await? == Goes::NoMore {
                break;
            }
        }
        Ok(())
    };
    tokio::select! {
        ended = all => ended?,
        _ = closes.wait_for(|state| state.way(toward).closed > born) => {}
    }
    to.shutdown().await.map_err(|_| Cut)
}

#[derive(PartialEq, Eq)]
enum Goes {
    On,
    NoMore,
}

async fn write_chunk(
    mut chunk: &[u8],
    to: &mut WriteHalf<'_>,
    toward: Toward,
    state: &watch::Sender<State>,
) -> Result<Goes, Cut> {
    let mut changes = state.subscribe();
    loop {
        match strike(toward, state) {
            Some(Fault::Cut) => return Err(Cut),
            Some(Fault::HalfClose) => return Ok(Goes::NoMore),
            Some(Fault::Stall) | None => {}
        }
        if chunk.is_empty() {
            return Ok(Goes::On);
        }
        let open = changes.wait_for(|state| !state.way(toward).stalled);
        if open.await.is_err() {
            return Err(Cut);
        }
        let (now, rest) = chunk.split_at(claim(chunk.len(), toward, state));
        to.write_all(now).await.map_err(|_| Cut)?;
        chunk = rest;
    }
}

/// The fault whose octet has been forwarded.
fn strike(toward: Toward, state: &watch::Sender<State>) -> Option<Fault> {
    let mut struck = None;
    state.send_if_modified(|state| {
        let way = state.way_mut(toward);
        let due = way.armed.is_some_and(|(at, _)| way.passed >= at);
        struck = due.then(|| way.armed.take()).flatten().map(|(_, fault)| fault);
        way.stalled |= struck == Some(Fault::Stall);
        state.struck += u64::from(struck.is_some());
        struck.is_some()
    });
    struck
}

/// How many of `wanted` octets may be forwarded before the next fault; they are counted.
fn claim(wanted: usize, toward: Toward, state: &watch::Sender<State>) -> usize {
    let mut granted = 0;
    state.send_modify(|state| {
        let way = state.way_mut(toward);
        let room = way.armed.map_or(u64::MAX, |(at, _)| at.saturating_sub(way.passed));
        granted = usize::try_from(room).unwrap_or(usize::MAX).min(wanted);
        way.passed += granted as u64;
    });
    granted
}
