//! A process that dies between any two steps that touch the world.
//!
//! Every call of a port goes through one [`Fuse`]. Armed with a number, it blows at that call,
//! before or after its effect: from then on no call returns, which is how a killed process looks
//! from inside. The world outside (node, carrier, disk) goes on; a test then starts a new engine on
//! it and looks at what is left.

mod lightning;
mod store;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub use lightning::FusedLightning;
pub use store::FusedStore;

/// Which side of the call's effect the process dies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

#[derive(Debug)]
pub struct Fuse {
    /// The call to die at, from 0; `None` never blows and only counts.
    at: Option<(u64, Side)>,
    calls: AtomicU64,
    blown: AtomicBool,
}

impl Fuse {
    pub fn counting() -> Arc<Self> {
        Arc::new(Self { at: None, calls: AtomicU64::new(0), blown: AtomicBool::new(false) })
    }

    pub fn blowing(call: u64, side: Side) -> Arc<Self> {
        let at = Some((call, side));
        Arc::new(Self { at, calls: AtomicU64::new(0), blown: AtomicBool::new(false) })
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    pub fn has_blown(&self) -> bool {
        self.blown.load(Ordering::SeqCst)
    }

    /// Makes the call, unless the process is dead or dies at it.
    pub async fn through<T>(&self, call: impl Future<Output = T>) -> T {
        if self.has_blown() {
            return std::future::pending().await;
        }
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        match self.at {
            Some((at, Side::Before)) if number >= at => self.die().await,
            Some((at, Side::After)) if number >= at => {
                call.await;
                self.die().await
            }
            _ => call.await,
        }
    }

    async fn die<T>(&self) -> T {
        self.blown.store(true, Ordering::SeqCst);
        std::future::pending().await
    }
}
