//! Records parts from a carrier, which are acknowledged once stored.

use domain::id::InboundId;
use domain::inbound::{InboundPart, Join};
use domain::ports::PortError;

use super::{Inbound, help};
use crate::commit_progress::{CommitProgress, RETRY_PAUSE};
use crate::ids::uuid_v7;

impl Inbound {
    pub(crate) async fn record(&self, parts: Vec<InboundPart>) -> Result<(), PortError> {
        let call = self.progress.begin();
        tokio::select! {
            recorded = self.record_soon(parts) => recorded,
            () = call.stalled() => Err(CommitProgress::error()),
        }
    }

    /// Retries until the store records or permanently refuses the parts.
    async fn record_soon(&self, mut parts: Vec<InboundPart>) -> Result<(), PortError> {
        loop {
            let count = parts.len();
            match self.record_once(parts.clone()).await {
                Err(error @ (PortError::Unavailable(_) | PortError::Unknown(_))) => {
                    if matches!(error, PortError::Unknown(_)) {
                        // They may have been stored: what follows may be a repeat.
                        let now = self.clock.now();
                        parts.iter_mut().for_each(|part| part.interrupted_at = now);
                    }
                    self.metrics.store_retries.inc();
                    tracing::warn!(%error, parts = count, "could not record messages; trying again");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
                recorded => return recorded,
            }
        }
    }

    async fn record_once(&self, parts: Vec<InboundPart>) -> Result<(), PortError> {
        let now = self.clock.now();
        let receivers = self.receivers().await?;
        let parts: Vec<_> = parts
            .into_iter()
            .map(|part| receivers.resolve(sound(part)))
            .map(|part| (InboundId(uuid_v7(&*self.random, now)), part))
            .collect();
        let asked = help::asked(&parts, &receivers);
        let recorded = self.store.record_inbound(parts, receivers, now).await?;
        self.progress.committed();
        self.after(&recorded);
        // Before the acknowledgement: after a crash the carrier repeats the part, and HELP is
        // answered then.
        for asked in asked {
            self.help(asked).await.map_err(stored_already)?;
        }
        Ok(())
    }
}

/// The parts are stored: a retry repeats them.
fn stored_already(error: PortError) -> PortError {
    match error {
        PortError::Unavailable(why) => PortError::Unknown(why),
        error => error,
    }
}

/// A part with invalid part numbers becomes a message of its own instead of being lost.
fn sound(part: InboundPart) -> InboundPart {
    let sound = |join: Join| Join::new(join.scheme, join.reference, join.total, join.number);
    InboundPart { join: part.join.and_then(sound), ..part }
}
