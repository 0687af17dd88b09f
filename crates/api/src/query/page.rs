//! The page that a call asks for. The old service's lists have no pages; a client that asks for none gets
//! the first, and `page` beside the list says whether there are more.

use super::answer::Failure;
use super::parameters::Parameters;

/// More would not fit in what the lists may hold.
const PAGE_MAX: u32 = 1_000_000;

/// From 1.
pub(super) fn page(parameters: &Parameters) -> Result<u32, Failure> {
    let Some(text) = parameters.get("page") else { return Ok(1) };
    let page = text.parse().ok().filter(|page| (1..=PAGE_MAX).contains(page));
    page.ok_or_else(|| Failure::new("BAD_REQUEST").because("`page` must be a whole number from 1"))
}

/// Rows before this page.
pub(super) const fn skipped(page: u32, rows: u32) -> u32 {
    page.saturating_sub(1).saturating_mul(rows)
}

/// One row more than the page has was read: whether it is there. It is removed.
pub(super) fn cut<T>(rows: &mut Vec<T>, rows_max: u32) -> bool {
    let rows_max = usize::try_from(rows_max).unwrap_or(usize::MAX);
    let has_next = rows.len() > rows_max;
    rows.truncate(rows_max);
    has_next
}
