//! The links of the carrier that this node may hold, and until when. Initially all of them, indefinitely.

use std::time::Duration;

use domain::ports::LinkCount;
use domain::time::Timestamp;
use smpp::session::BindKind;

use super::Inner;
use super::bind::Bind;

/// Interval after which the clock is read again, in case it was set.
const RECHECK_INTERVAL: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy)]
pub(super) struct Grant {
    links: u32,
    until: Timestamp,
}

impl Grant {
    pub(super) const ALL: Self = Self { links: u32::MAX, until: Timestamp::from_millis(i64::MAX) };
}

/// A bind for each session, with the index of its link.
pub(super) fn binds(kinds: &[BindKind]) -> Vec<Bind> {
    let transceivers = kinds.first() == Some(&BindKind::Transceiver);
    let links = (0..).flat_map(|link| std::iter::repeat_n(link, if transceivers { 1 } else { 2 }));
    kinds.iter().zip(links).map(|(kind, link)| Bind::new(*kind, link)).collect()
}

impl Inner {
    pub(super) fn allow(&self, links: u32, until: Timestamp) {
        self.lifecycle.set_lease(until);
        self.grant.send_replace(Grant { links, until });
    }

    pub(super) fn count_links(&self) -> LinkCount {
        let binds = self.binds.last().map_or(0, |bind| bind.link + 1);
        let mut open: Vec<_> =
            self.binds.iter().filter(|bind| bind.state().open).map(|bind| bind.link).collect();
        open.dedup();
        LinkCount { binds, open: u32::try_from(open.len()).unwrap_or(u32::MAX) }
    }

    /// Number of links that this node may hold now.
    pub(super) fn granted_links(&self) -> u32 {
        let Grant { links, until } = *self.grant.borrow();
        if self.clock.now() < until { links } else { 0 }
    }

    pub(super) fn may_keep(&self, link: u32) -> bool {
        link < self.granted_links()
    }

    /// Waits until this node may hold a link.
    pub(super) async fn granted(&self, link: u32) {
        let mut grant = self.grant.subscribe();
        // `self` owns the sender, so this cannot fail.
        let _ = grant.wait_for(|_| self.may_keep(link)).await;
    }

    /// Waits until this node may no longer hold a link.
    pub(super) async fn withdrawn(&self, link: u32) {
        self.until(|grant| link >= grant.links).await;
    }

    /// Waits until this node may hold no link.
    pub(super) async fn lapsed(&self) {
        self.until(|_| false).await;
    }

    /// Waits until the grant has expired or satisfies `is_over`.
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
                () = tokio::time::sleep(left.min(RECHECK_INTERVAL)) => {}
            }
        }
    }
}
