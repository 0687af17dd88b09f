//! The poll of held payments: a walk through the node's pending invoices, which is far cheaper than a lookup of each. LND
//! reads every invoice from the index on at which a walk begins, so a walk begins at the oldest invoice that may still be
//! paid; after a new block, at the first of all.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::id::PaymentHash;
use domain::ports::PortError;

use super::client::Rest;
use super::wire::HeldPage;
use super::{PAGE_INVOICES, PAGES_MAX};

/// The index after which the next walk begins.
#[derive(Debug, Default)]
pub(super) struct WalkStart(AtomicI64);

impl WalkStart {
    pub(super) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

pub(super) async fn held(rest: &Rest, start: &WalkStart) -> Result<Vec<PaymentHash>, PortError> {
    let first = start.0.load(Ordering::Relaxed);
    let (mut held, mut after, mut awaited) = (Vec::new(), first, None);
    for _ in 0..PAGES_MAX {
        let page = page(rest, after).await?;
        held.extend(page.invoices.iter().filter_map(|invoice| invoice.held()));
        let open = page.invoices.iter().filter(|invoice| invoice.is_awaited());
        awaited = awaited.or_else(|| open.map(|invoice| invoice.add_index).min());
        if page.invoices.is_empty() || page.last_index_offset <= after {
            let next = awaited.map_or(after, |index| index - 1).max(first);
            // Unless it was reset meanwhile.
            let (kept, moved) = (Ordering::Relaxed, Ordering::Relaxed);
            let _raced = start.0.compare_exchange(first, next, moved, kept);
            return Ok(held);
        }
        after = page.last_index_offset;
    }
    Err(PortError::Unavailable("LND has too many pending invoices".into()))
}

async fn page(rest: &Rest, after: i64) -> Result<HeldPage, PortError> {
    let query = [
        ("pending_only", "true".to_owned()),
        ("index_offset", after.to_string()),
        ("num_max_invoices", PAGE_INVOICES.to_string()),
    ];
    Ok(rest.get("/v1/invoices", &query).await?)
}
