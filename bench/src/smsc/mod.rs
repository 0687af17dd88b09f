//! The SMSC simulator: accepts every bind and message, assigns an id, and sends the requested receipts after a delay
//! and in batches. It delivers everything; it does not throttle, lose or refuse.

mod centre;
mod session;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use smpp::server::{ServerConfig, serve};
use tokio::net::TcpListener;

pub(crate) use centre::{Centre, Manner};

/// Maximum number of sessions.
const CONNECTIONS_MAX: usize = 256;
/// Unanswered messages of the peer; the simulator answers at once.
const INBOUND_WINDOW: u32 = 16_000;

/// Serves forever on a listener bound by the caller.
pub(crate) async fn serve_on(listener: TcpListener, centre: Arc<Centre>) {
    let mut config = ServerConfig::new("bench");
    config.session.inbound_window = INBOUND_WINDOW;
    config.session.window = centre.receipt_window();
    let spawn = |connection| drop(tokio::task::spawn(connection));
    serve(listener, config, CONNECTIONS_MAX, Arc::new(session::Desk(centre)), spawn).await;
}

/// Serves forever and prints its counters every second.
pub(crate) async fn run(listen: SocketAddr, centre: Arc<Centre>) -> Result<()> {
    let listener = TcpListener::bind(listen).await?;
    println!("SMSC on {}", listener.local_addr()?);
    tokio::task::spawn(serve_on(listener, Arc::clone(&centre)));
    let thread = crate::measure::Thread::current()?;
    let mut before = (centre.counts(), thread.cpu());
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let now = (centre.counts(), thread.cpu());
        let (counts, cpu) = (now.0, now.1 - before.1);
        println!(
            "{:7} messages/s {:7} receipts/s | {} messages, {} receipts acknowledged, {} refused, {} waiting | own cpu {:.0} %",
            counts.submitted - before.0.submitted,
            counts.receipts_taken - before.0.receipts_taken,
            counts.submitted,
            counts.receipts_taken,
            counts.receipts_refused,
            centre.waiting(),
            cpu.as_secs_f64() * 100.0,
        );
        before = now;
    }
}
