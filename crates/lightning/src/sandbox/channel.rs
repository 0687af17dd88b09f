//! The node's one channel, which is simulated: it is always active, and its sides follow what was received and paid.

use domain::money::Msat;
use domain::ports::{Channels, PortError};

use super::node::Node;

/// One bitcoin.
const CAPACITY: Msat = Msat::new(100_000_000_000);

/// What each side has at first.
const HALF: Msat = Msat::new(CAPACITY.get() / 2);

impl Node {
    pub(super) fn channels(&self) -> Result<Channels, PortError> {
        self.with_book(|inner, _| {
            let (book, purse) = (&inner.book, inner.book.purse);
            let paid = book.payments.paid_out();
            let sent = paid.amount.get().saturating_add(paid.fees.get());
            let ours = HALF.get().saturating_add(purse.received.get()).saturating_sub(sent);
            // What is held is on neither side.
            let ours = ours.clamp(0, CAPACITY.get());
            let theirs = CAPACITY.get().saturating_sub(ours).saturating_sub(purse.locked.get());
            Ok(Channels {
                count: 1,
                active: 1,
                capacity: CAPACITY,
                inbound: Msat::new(theirs.max(0)),
                outbound: Msat::new(ours),
                slots: self.options.held_max,
            })
        })
    }
}
