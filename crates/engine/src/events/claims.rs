//! Claims due events from the store: those that were not handed over, those to be retried, and those
//! that an earlier run left. At the start, on a signal, and by a timer, while there is room.

use std::time::Duration;

use domain::limits;
use domain::ports::PortError;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

use super::Context;
use super::attempt::Waiting;
use super::handoff::{BEGIN_WITHIN, LEASE};

const ROUND: Duration = Duration::from_secs(1);

/// Events in one claim. A claim waits until there is room for all of them, because a claim of a few
/// costs as much.
const CLAIM_MAX: u32 = 1_024;

const _: () = assert!(CLAIM_MAX as usize <= limits::WEBHOOKS_IN_MEMORY_MAX / 4);

type Claim = BoxFuture<'static, Result<Vec<Waiting>, PortError>>;

pub(super) struct Claims {
    wanted: bool,
    next_at: Instant,
    under_way: Option<Claim>,
}

impl Claims {
    pub(super) fn new() -> Self {
        Self { wanted: true, next_at: Instant::now(), under_way: None }
    }

    /// Claims at the next opportunity: an event may be due that gave no signal.
    pub(super) const fn want(&mut self) {
        self.wanted = true;
    }

    /// The next due events, once there is `room` for them. Cancel safe: may be dropped and called
    /// again.
    pub(super) async fn next(&mut self, context: &Context, room: usize) -> Vec<Waiting> {
        if self.under_way.is_none() {
            if room < CLAIM_MAX as usize {
                std::future::pending::<()>().await;
            }
            if !self.wanted {
                tokio::select! {
                    () = context.wake.webhooks.notified() => {}
                    () = sleep_until(self.next_at) => {}
                }
            }
            self.wanted = false;
            self.next_at = Instant::now() + ROUND;
            self.under_way = Some(claim(context));
        }
        let Some(claim) = &mut self.under_way else { return Vec::new() };
        let claimed = claim.await;
        self.under_way = None;
        match claimed {
            Ok(deliveries) => {
                // There may be more: a claim ends at a number of events, or of bytes.
                self.wanted = !deliveries.is_empty();
                deliveries
            }
            Err(error) => {
                tracing::warn!(%error, "could not claim events; trying again");
                Vec::new()
            }
        }
    }
}

fn claim(context: &Context) -> Claim {
    let (store, now) = (context.store.clone(), context.now());
    let node = context.handoff.node().to_owned();
    async move {
        let deliveries = store.claim_deliveries(&node, now, now.after(LEASE), CLAIM_MAX).await?;
        let begin_by = now.after(BEGIN_WITHIN);
        Ok(deliveries.into_iter().map(|delivery| Waiting::new(delivery, begin_by)).collect())
    }
    .boxed()
}
