//! The gauges of what waits, as of now: counted from the store at most every few seconds, so that scrapes
//! cost little.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::limits::BACKLOG_AGE_MAX;
use domain::message::Lane;
use domain::ports::{Backlog, BacklogPart, Clock, PortError, Store};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;
use tokio::sync::Mutex;

use crate::metrics::{ByWait, Gauges};
use crate::traces::Links;

/// Reasons for waiting to be sent: each has a gauge, also when nothing waits for it.
const REASONS: [Reason; 12] = [
    Reason::Queued,
    Reason::Sending,
    Reason::Scheduled,
    Reason::Paused,
    Reason::LinkDown,
    Reason::LinkElsewhere,
    Reason::Throttled,
    Reason::QueueFull,
    Reason::CarrierBusy,
    Reason::CarrierFull,
    Reason::QuietHours,
    Reason::NoAnswer,
];

#[derive(Debug)]
pub(crate) struct BacklogCount {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) links: Links,
    /// The last count and its time.
    pub(crate) last: Mutex<Option<(Timestamp, Backlog)>>,
}

impl BacklogCount {
    /// Sets the gauges; leaves them when the store cannot be read.
    pub(crate) async fn show(&self, gauges: &Gauges) {
        let backlog = match self.get().await {
            Ok(backlog) => backlog,
            Err(error) => {
                tracing::debug!(%error, "could not count the backlog");
                return;
            }
        };
        let (now, links_are_down) = (self.clock.now(), self.links.all_are_down());
        // A carrier has gauges only while something waits because of it.
        gauges.backlog_recipients.clear();
        gauges.backlog_oldest_seconds.clear();
        for (labels, recipients, oldest) in sum(&backlog.parts, links_are_down, now) {
            gauges.backlog_recipients.get_or_create(&labels).set(recipients);
            gauges.backlog_oldest_seconds.get_or_create(&labels).set(seconds(oldest));
        }
        let events = backlog.events;
        gauges.webhooks_waiting.set(i64::try_from(events.events).unwrap_or(i64::MAX));
        let oldest = events.oldest.map_or(Duration::ZERO, |oldest| now.since(oldest));
        gauges.webhooks_oldest_seconds.set(seconds(oldest));
    }

    async fn get(&self) -> Result<Backlog, PortError> {
        let mut last = self.last.lock().await;
        let now = self.clock.now();
        if let Some((at, backlog)) = &*last
            && *at <= now
            && now.since(*at) < BACKLOG_AGE_MAX
        {
            return Ok(backlog.clone());
        }
        let backlog = self.store.backlog(now).await?;
        *last = Some((now, backlog.clone()));
        Ok(backlog)
    }
}

pub(crate) fn seconds(age: Duration) -> i64 {
    i64::try_from(age.as_secs()).unwrap_or(i64::MAX)
}

/// A reason that is not among those shown counts as *queued*: it is an earlier one.
fn reason(part: &BacklogPart, links_are_down: bool) -> Reason {
    match part.reason {
        _ if links_are_down && part.is_due => Reason::LinkDown,
        Some(reason) if REASONS.contains(&reason) => reason,
        Some(_) | None => Reason::Queued,
    }
}

/// For every lane and reason, and each carrier that is part of it: recipients, and the age of their
/// oldest message.
fn sum(
    parts: &[BacklogPart],
    links_are_down: bool,
    now: Timestamp,
) -> Vec<(ByWait, i64, Duration)> {
    let labels = |lane: Lane, carrier: Option<&CarrierName>, reason: Reason| ByWait {
        lane: lane.as_str(),
        carrier: carrier.map(|name| name.as_str().to_owned()).unwrap_or_default(),
        reason: reason.as_str(),
    };
    let of_lane = |&lane| REASONS.map(|reason| labels(lane, None, reason));
    let mut sums: HashMap<_, _> = Lane::ALL
        .iter()
        .flat_map(of_lane)
        .map(|labels| (labels, (0_u64, Duration::ZERO)))
        .collect();
    for part in parts {
        let labels = labels(part.lane, part.carrier.as_ref(), reason(part, links_are_down));
        let (recipients, oldest) = sums.entry(labels).or_default();
        *recipients = recipients.saturating_add(part.recipients);
        *oldest = (*oldest).max(now.since(part.oldest));
    }
    let shown = sums.into_iter().map(|(labels, (recipients, oldest))| {
        (labels, i64::try_from(recipients).unwrap_or(i64::MAX), oldest)
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_waits_for_a_link_while_all_are_down() {
        let now = Timestamp::from_millis(60_000);
        let part = |reason, is_due, recipients, oldest| BacklogPart {
            lane: Lane::Bulk,
            reason,
            is_due,
            carrier: Some(CarrierName::new("main")).filter(|_| reason.is_some()),
            recipients,
            oldest: Timestamp::from_millis(oldest),
        };
        let parts = [
            part(None, true, 2, 10_000),
            part(Some(Reason::Throttled), true, 3, 30_000),
            part(Some(Reason::Throttled), false, 5, 50_000),
            part(Some(Reason::Undelivered), false, 7, 0),
        ];
        let shown = |links_are_down| {
            let sums = sum(&parts, links_are_down, now).into_iter();
            let filled = sums.filter(|(_, recipients, _)| *recipients > 0);
            let mut shown: Vec<_> = filled
                .map(|(labels, recipients, oldest)| {
                    (labels.reason, labels.carrier, recipients, oldest.as_secs())
                })
                .collect();
            shown.sort();
            shown
        };
        let line = |reason, carrier: &str, recipients, oldest| {
            (reason, carrier.to_owned(), recipients, oldest)
        };
        assert_eq!(
            shown(false),
            [
                line("queued", "", 2, 50),
                line("queued", "main", 7, 60),
                line("throttled", "main", 8, 30)
            ]
        );
        assert_eq!(
            shown(true),
            [
                line("link_down", "", 2, 50),
                line("link_down", "main", 3, 30),
                line("queued", "main", 7, 60),
                line("throttled", "main", 5, 10)
            ]
        );
        assert_eq!(sum(&[], true, now).len(), 24, "every gauge is shown");
    }
}
