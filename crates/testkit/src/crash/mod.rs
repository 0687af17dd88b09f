//! A process that dies between any two steps that touch the world.
//!
//! Every call of a port goes through one [`Fuse`], and those that change something are counted as
//! steps. Armed with a number, it blows at that step, before or after its effect: from then on no
//! call returns, which is how a killed process looks
//! from inside. The world outside (node, carrier, disk) goes on; a test then starts a new engine on
//! it and looks at what is left.

mod bulk;
mod directory;
mod house;
mod lightning;
mod refunds;
mod search;
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
    /// The step to die at, from 0; `None` never blows and only counts.
    at: Option<(u64, Side)>,
    steps: AtomicU64,
    blown: AtomicBool,
}

impl Fuse {
    pub fn counting() -> Arc<Self> {
        Arc::new(Self { at: None, steps: AtomicU64::new(0), blown: AtomicBool::new(false) })
    }

    pub fn blowing(step: u64, side: Side) -> Arc<Self> {
        let at = Some((step, side));
        Arc::new(Self { at, steps: AtomicU64::new(0), blown: AtomicBool::new(false) })
    }

    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::SeqCst)
    }

    pub fn has_blown(&self) -> bool {
        self.blown.load(Ordering::SeqCst)
    }

    /// Makes a step, unless the process is dead or dies at it.
    pub async fn through<T>(&self, call: impl Future<Output = T>) -> T {
        if self.has_blown() {
            return std::future::pending().await;
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

    /// Makes a call that is no step, unless the process is dead, or dies before it returns.
    pub async fn alive<T>(&self, call: impl Future<Output = T>) -> T {
        let answer = if self.has_blown() { None } else { Some(call.await) };
        match answer {
            Some(answer) if !self.has_blown() => answer,
            _ => std::future::pending().await,
        }
    }

    /// Makes a claim: a step only if it found something.
    pub async fn claim<T, E>(
        &self,
        call: impl Future<Output = Result<Vec<T>, E>>,
    ) -> Result<Vec<T>, E> {
        self.step_if(call, |found| !found.is_empty()).await
    }

    /// Makes a call that is a step only if `changed` says so of its answer. The process then dies
    /// after its effect on either side: nobody knows before the call whether it is a step.
    pub async fn step_if<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        changed: impl FnOnce(&T) -> bool,
    ) -> Result<T, E> {
        match self.alive(call).await {
            Ok(answer) if changed(&answer) => self.through(async { Ok(answer) }).await,
            answer => answer,
        }
    }

    async fn die<T>(&self) -> T {
        self.blown.store(true, Ordering::SeqCst);
        std::future::pending().await
    }
}
