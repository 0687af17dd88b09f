//! How many of the carrier's links are this node's, and until when. At first all are, without an end.

use std::time::Duration;

use domain::ports::LinkCount;
use domain::time::Timestamp;
use smpp::session::BindKind;

use super::Inner;
use super::bind::Bind;

/// The clock is looked at again after so long: it may have been set.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy)]
pub(super) struct Grant {
    links: u32,
    until: Timestamp,
}

impl Grant {
    pub(super) const ALL: Self = Self { links: u32::MAX, until: Timestamp::from_millis(i64::MAX) };
}

/// A bind for each session, with the link it is of.
pub(super) fn binds(kinds: &[BindKind]) -> Vec<Bind> {
    let transceivers = kinds.first() == Some(&BindKind::Transceiver);
    let links = (0..).flat_map(|link| std::iter::repeat_n(link, if transceivers { 1 } else { 2 }));
    kinds.iter().zip(links).map(|(kind, link)| Bind::new(*kind, link)).collect()
}

impl Inner {
    pub(super) fn allow(&self, links: u32, until: Timestamp) {
        self.desk.set_lease(until);
        self.grant.send_replace(Grant { links, until });
    }

    pub(super) fn count_links(&self) -> LinkCount {
        let binds = self.binds.last().map_or(0, |bind| bind.link + 1);
        let mut open: Vec<_> =
            self.binds.iter().filter(|bind| bind.state().open).map(|bind| bind.link).collect();
        open.dedup();
        LinkCount { binds, open: u32::try_from(open.len()).unwrap_or(u32::MAX) }
    }

    /// Links that this node may have at this moment.
    pub(super) fn granted_links(&self) -> u32 {
        let Grant { links, until } = *self.grant.borrow();
        if self.clock.now() < until { links } else { 0 }
    }

    pub(super) fn may_keep(&self, link: u32) -> bool {
        link < self.granted_links()
    }

    /// Waits until a link is this node's.
    pub(super) async fn granted(&self, link: u32) {
        let mut grant = self.grant.subscribe();
        // The sender is ours and cannot be gone.
        let _ = grant.wait_for(|_| self.may_keep(link)).await;
    }

    /// Waits until a link is not this node's any more.
    pub(super) async fn withdrawn(&self, link: u32) {
        self.until(|grant| link >= grant.links).await;
    }

    /// Waits until none is.
    pub(super) async fn lapsed(&self) {
        self.until(|_| false).await;
    }

    /// Waits until the grant is over, or is such a one.
    async fn until(&self, is_over: impl Fn(Grant) -> bool) {
        let mut grants = self.grant.subscribe();
        loop {
            let grant = *grants.borrow_and_update();
            let left = grant.until.since(self.clock.now());
            if is_over(grant) || left.is_zero() {
                return;
            }
            tokio::select! {
                _ = grants.changed() => {}
                () = tokio::time::sleep(left.min(LOOK_AGAIN)) => {}
            }
        }
    }
}
