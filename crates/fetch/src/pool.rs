//! Idle connections, kept for the next request to the same origin: a campaign sends many events to one
//! receiver. Bounded by origin and in all.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits;
use tokio::time::Instant;

use crate::connection::Connection;

/// As many as requests may be under way.
const PER_ORIGIN_MAX: usize = limits::WEBHOOKS_PER_HOST_MAX;
const KEPT_MAX: usize = limits::WEBHOOKS_IN_FLIGHT_MAX;

/// Most servers close a connection that is idle for a minute.
const IDLE_MAX: Duration = Duration::from_secs(50);

#[derive(Default)]
pub(crate) struct Pool(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    #[expect(
        clippy::vec_box,
        reason = "a connection is large, and moves in and out with each request"
    )]
    by_origin: HashMap<Arc<str>, Vec<Box<Connection>>>,
    count: usize,
    swept: Option<Instant>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("kept", &self.lock().count).finish_non_exhaustive()
    }
}

impl Pool {
    /// The connection used last, if it is still open.
    pub(crate) async fn take(&self, origin: &str) -> Option<Box<Connection>> {
        loop {
            let mut connection = self.lock().pop(origin)?;
            if connection.since.elapsed() < IDLE_MAX && connection.is_free().await {
                return Some(connection);
            }
        }
    }

    pub(crate) async fn put(&self, mut connection: Box<Connection>) {
        if connection.is_free().await {
            connection.since = Instant::now();
            self.lock().push(connection);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn pop(&mut self, origin: &str) -> Option<Box<Connection>> {
        let connection = self.by_origin.get_mut(origin)?.pop()?;
        self.count -= 1;
        Some(connection)
    }

    fn push(&mut self, connection: Box<Connection>) {
        self.sweep(connection.since);
        let here = self.by_origin.entry(connection.origin.clone()).or_default();
        if here.len() < PER_ORIGIN_MAX && self.count < KEPT_MAX {
            here.push(connection);
            self.count += 1;
        }
    }

    /// Now and then, closes the connections that were idle for too long.
    fn sweep(&mut self, now: Instant) {
        let due = self.swept.is_none_or(|swept| now > swept + IDLE_MAX / 2);
        if !due && self.count < KEPT_MAX {
            return;
        }
        self.swept = Some(now);
        self.by_origin.retain(|_, kept| {
            kept.retain(|connection| now < connection.since + IDLE_MAX);
            !kept.is_empty()
        });
        self.count = self.by_origin.values().map(Vec::len).sum();
    }
}
