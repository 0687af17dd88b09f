//! Connections without a place. Each stays until its request is read and refused. When too many stay, the oldest one that
//! has not asked anything leaves: whoever opens connections and says nothing keeps nobody out.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

pub(super) struct Standing {
    /// Those that may not have asked yet, oldest first. An entry goes when it is the oldest.
    silent: Mutex<VecDeque<oneshot::Sender<()>>>,
    silent_max: usize,
    /// All: those that asked hold theirs for a moment longer.
    room: Arc<Semaphore>,
}

/// One of them.
pub(super) struct Stay {
    asked: Asked,
    leave: oneshot::Receiver<()>,
    _permit: OwnedSemaphorePermit,
}

/// Whether a request was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked(Arc<AtomicBool>);

impl Asked {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Standing {
    pub(super) fn new(max: usize) -> Self {
        let room = Arc::new(Semaphore::new(max * 2));
        Self { silent: Mutex::default(), silent_max: max, room }
    }

    /// `None` if there is no room at all.
    pub(super) fn enter(&self) -> Option<Stay> {
        let permit = self.room.clone().try_acquire_owned().ok();
        let (stays, leave) = oneshot::channel();
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        silent.retain(|stays| !stays.is_closed());
        if permit.is_none() || silent.len() >= self.silent_max {
            // Dropped: it leaves unless it has asked.
            silent.pop_front();
        }
        let permit = permit?;
        silent.push_back(stays);
        Some(Stay { asked: Asked::default(), leave, _permit: permit })
    }
}

impl Stay {
    pub(super) fn asked(&self) -> Asked {
        self.asked.clone()
    }

    /// Ends when it has to leave; never once it has asked.
    pub(super) async fn left(&mut self) {
        // The sender is only dropped.
        let _ = (&mut self.leave).await;
        if self.asked.0.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    async fn leaves(stay: &mut Stay) -> bool {
        timeout(Duration::from_millis(1), stay.left()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_silent_one_leaves() {
        let standing = Standing::new(2);
        let mut stays: Vec<_> = (0..3).map(|_| standing.enter().unwrap()).collect();
        assert!(leaves(&mut stays[0]).await);
        assert!(!leaves(&mut stays[1]).await && !leaves(&mut stays[2]).await);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_asked_is_answered() {
        let standing = Standing::new(1);
        let mut first = standing.enter().unwrap();
        first.asked().set();
        let mut second = standing.enter().unwrap();
        assert!(!leaves(&mut first).await && !leaves(&mut second).await);
        assert!(standing.enter().is_none(), "it is bounded");
        drop(first);
        assert!(standing.enter().is_some());
        assert!(leaves(&mut second).await);
    }
}
