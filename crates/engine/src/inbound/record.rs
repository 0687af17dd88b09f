//! Takes parts from a carrier, which is answered when they are stored.

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
        // Before the carrier is answered: what it repeats after a crash is asked for again.
        for asked in asked {
            self.help(asked).await?;
        }
        Ok(())
    }
}

/// Numbers that make no sense join nothing: such a part is a whole message, rather than lost.
fn sound(part: InboundPart) -> InboundPart {
    let sound = |join: Join| Join::new(join.scheme, join.reference, join.total, join.number);
    InboundPart { join: part.join.and_then(sound), ..part }
}
