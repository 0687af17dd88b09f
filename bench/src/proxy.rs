//! A TCP proxy that delays each direction by half a round trip, so that a carrier on the loopback seems as far away as
//! one is. It delays octets, not packets: order and content stay, bandwidth is not limited.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Chunks under way in one direction; at 64 KiB each far more than a window of messages.
const UNDER_WAY_MAX: usize = 4_096;
const CHUNK_OCTETS: usize = 64 * 1024;

/// Serves for ever on a listener bound by the caller.
pub(crate) async fn serve_on(listener: TcpListener, to: SocketAddr, rtt: Duration) {
    loop {
        let Ok((near, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        tokio::task::spawn(async move {
            let Ok(far) = TcpStream::connect(to).await else { return };
            let _ = (near.set_nodelay(true), far.set_nodelay(true));
            let ((near_read, near_write), (far_read, far_write)) =
                (near.into_split(), far.into_split());
            tokio::join!(
                carry(near_read, far_write, rtt / 2),
                carry(far_read, near_write, rtt / 2)
            );
        });
    }
}

/// Ends, and closes the far side, some time after the near one was closed.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (sender, mut receiver) = mpsc::channel::<(Instant, Bytes)>(UNDER_WAY_MAX);
    let reading = async move {
        let mut input = BytesMut::new();
        loop {
            if input.capacity() - input.len() < CHUNK_OCTETS / 16 {
                input.reserve(CHUNK_OCTETS);
            }
            if !matches!(from.read_buf(&mut input).await, Ok(1..)) {
                return;
            }
            let chunk = (Instant::now() + delay, input.split().freeze());
            if sender.send(chunk).await.is_err() {
                return;
            }
        }
    };
    let writing = async move {
        while let Some((due, chunk)) = receiver.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&chunk).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}

/// Listens and serves for ever.
pub(crate) async fn run(listen: SocketAddr, to: SocketAddr, rtt: Duration) -> Result<()> {
    let listener = TcpListener::bind(listen).await?;
    println!("proxy on {} to {to}, round trip {rtt:?}", listener.local_addr()?);
    serve_on(listener, to, rtt).await;
    Ok(())
}
