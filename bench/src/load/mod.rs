//! The HTTP loader: single-recipient sends over a fixed number of keep-alive connections, one request at a time on each,
//! as fast as responses arrive or at a fixed rate. A refused request (a status other than 2xx) is repeated after a pause;
//! a request whose connection broke is not, because the message may have been accepted.

mod connection;
mod door;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

pub(crate) use door::Door;

use crate::histogram::Histogram;
use crate::tally::Tally;

/// Target, connections and rate of a load.
#[derive(Debug)]
pub(crate) struct Load {
    /// The gateway's nodes; connections are spread evenly.
    pub to: Vec<SocketAddr>,
    /// The gateway's door.
    pub door: Door,
    /// Connections.
    pub connections: usize,
    /// Messages per second; 0 = as fast as responses arrive.
    pub rate: f64,
    /// Records the messages; its size is their number.
    pub tally: Arc<Tally>,
}

/// The loader's measurements.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// From writing a request to its response; at a fixed rate from the time at which it was due, if earlier.
    pub latency: Histogram,
    /// Refused (and repeated) requests.
    pub refused: u64,
    /// Requests without a response; their messages may have been accepted.
    pub broken: u64,
    /// Text of the first refusal.
    pub example: Option<String>,
    /// From the first request to the last response.
    pub took: Duration,
}

/// Distributes the messages among the connections.
#[derive(Debug)]
struct Plan {
    load: Load,
    next: AtomicUsize,
    start: Instant,
}

impl Plan {
    /// The next message and the time to send it, now at the latest.
    fn next(&self) -> Option<(usize, Instant)> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        if index >= self.load.tally.messages() {
            return None;
        }
        if self.load.rate <= 0.0 {
            return Some((index, Instant::now()));
        }
        Some((index, self.start + Duration::from_secs_f64(index as f64 / self.load.rate)))
    }
}

/// Sends everything; returns after the last response.
pub(crate) async fn run(load: Load) -> Result<Seen> {
    let connections = load.connections.max(1);
    let plan = Arc::new(Plan { load, next: AtomicUsize::new(0), start: Instant::now() });
    let nodes: Vec<_> = plan.load.to.iter().copied().cycle().take(connections).collect();
    let drive = |to| tokio::task::spawn(connection::drive(Arc::clone(&plan), to));
    let tasks: Vec<_> = nodes.into_iter().map(drive).collect();
    let mut sum = Seen::default();
    for task in tasks {
        let seen = task.await??;
        sum.latency.merge(&seen.latency);
        sum.refused += seen.refused;
        sum.broken += seen.broken;
        sum.example = sum.example.or(seen.example);
    }
    sum.took = plan.start.elapsed();
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::net::TcpListener;

    use super::{Door, Load, run};
    use crate::sink::Sink;
    use crate::tally::Tally;

    #[tokio::test]
    async fn every_message_is_sent_once() {
        for rate in [0.0, 5_000.0] {
            let tally = Arc::new(Tally::new(500));
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let to = listener.local_addr().unwrap();
            tokio::task::spawn(Arc::new(Sink::new(Arc::clone(&tally))).serve_on(listener));
            let door = Door::Echo;
            let seen =
                run(Load { to: vec![to], door, connections: 7, rate, tally: Arc::clone(&tally) });
            let seen = seen.await.unwrap();
            assert_eq!((seen.latency.count(), seen.refused, seen.broken), (500, 0, 0));
            let sums = tally.sums();
            assert_eq!((sums.accepted, sums.told, sums.told_again), (500, 500, 0));
        }
    }

    #[tokio::test]
    async fn a_dead_gateway_is_an_error_and_no_hang() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let to = listener.local_addr().unwrap();
        drop(listener);
        let tally = Arc::new(Tally::new(50));
        assert!(
            run(Load { to: vec![to], door: Door::Echo, connections: 1, rate: 0.0, tally })
                .await
                .is_err()
        );
    }
}
