//! A process that dies between any two steps with an outside effect.
//!
//! A [`Fuse`] wraps every change of a store (as its [`Gate`]) and every call of the other ports;
//! those with an effect are counted as steps. Armed with a number, it blows at that step, before or
//! after its effect: from then on no call returns and nothing is committed, as in a killed process.
//! The outside (node, carrier, disk) continues; a test then starts a new engine on it and checks
//! the result.

mod lightning;

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use domain::ports::{Gate, PortError};

pub use lightning::FusedLightning;

/// Whether the process dies before or after the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

#[derive(Debug)]
pub struct Fuse {
    /// The step to die at, from 0; `None` never blows and only counts.
    at: Option<(u64, Side)>,
    steps: AtomicU64,
    /// The last commit was allowed; the process dies once it is durable.
    last: AtomicBool,
    blown: AtomicBool,
}

impl Fuse {
    pub fn counting() -> Arc<Self> {
        Self::new(None)
    }

    pub fn blowing(step: u64, side: Side) -> Arc<Self> {
        Self::new(Some((step, side)))
    }

    fn new(at: Option<(u64, Side)>) -> Arc<Self> {
        let (last, blown) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Self { at, steps: AtomicU64::new(0), last, blown })
    }

    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::SeqCst)
    }

    pub fn has_blown(&self) -> bool {
        self.blown.load(Ordering::SeqCst)
    }

    /// Runs a step, unless the process is dead or dies at it.
    pub async fn through<T>(&self, call: impl Future<Output = T>) -> T {
        if self.has_blown() || self.last.load(Ordering::SeqCst) {
            return pending().await;
        }
        let number = self.steps.fetch_add(1, Ordering::SeqCst);
        match self.at {
            Some((at, Side::Before)) if number >= at => self.die().await,
            Some((at, Side::After)) if number >= at => {
                call.await;
                self.die().await
            }
            _ => call.await,
        }
    }

    /// Runs a call that is not a step, unless the process is dead, or dies before it returns.
    pub async fn alive<T>(&self, call: impl Future<Output = T>) -> T {
        let answer = if self.has_blown() { None } else { Some(call.await) };
        match answer {
            Some(answer) if !self.has_blown() => answer,
            _ => pending().await,
        }
    }

    async fn die<T>(&self) -> T {
        self.blown.store(true, Ordering::SeqCst);
        pending().await
    }
}

/// Reads, and changes that alter no row, are not steps.
#[async_trait]
impl Gate for Fuse {
    async fn enter(&self) -> Result<(), PortError> {
        self.alive(async { Ok(()) }).await
    }

    fn commit(&self) -> Result<(), PortError> {
        let dead = || Err(PortError::Unavailable("the process is dead".to_owned()));
        if self.has_blown() || self.last.load(Ordering::SeqCst) {
            return dead();
        }
        let number = self.steps.fetch_add(1, Ordering::SeqCst);
        match self.at {
            Some((at, Side::Before)) if number >= at => {
                self.blown.store(true, Ordering::SeqCst);
                dead()
            }
            Some((at, Side::After)) if number >= at => {
                self.last.store(true, Ordering::SeqCst);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn leave(&self, committed: bool) -> Result<(), PortError> {
        match self.last.load(Ordering::SeqCst) {
            true if committed => self.die().await,
            true => pending().await,
            false => self.alive(async { Ok(()) }).await,
        }
    }
}
