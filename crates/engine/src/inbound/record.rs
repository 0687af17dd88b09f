//! Records parts from a carrier, which are acknowledged once stored.

use domain::id::InboundId;
use domain::inbound::{InboundPart, Join};
use domain::ports::PortError;

use super::{Inbound, help};
use crate::ids::uuid_v7;

impl Inbound {
    pub(crate) async fn record(&self, parts: Vec<InboundPart>) -> Result<(), PortError> {
        let now = self.clock.now();
        let parts: Vec<_> = parts
            .into_iter()
            .map(|part| (InboundId(uuid_v7(&*self.random, now)), sound(part)))
            .collect();
        let receivers = self.receivers().await?;
        let asked = help::asked(&parts, &receivers);
        let recorded = self.store.record_inbound(parts, receivers, now).await?;
        self.after(recorded);
        // Before the acknowledgement: after a crash the carrier repeats the part, and HELP is
        // answered then.
        for asked in asked {
            self.help(asked).await?;
        }
        Ok(())
    }
}

/// A part with invalid part numbers becomes a message of its own instead of being lost.
fn sound(part: InboundPart) -> InboundPart {
    let sound = |join: Join| Join::new(join.scheme, join.reference, join.total, join.number);
    InboundPart { join: part.join.and_then(sound), ..part }
}
