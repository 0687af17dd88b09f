//! The page of a list: `page` from 1, and `limit`.

use http::{QueryPairs, Refusal, bad_request};
use serde::Serialize;

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Page {
    page: u32,
    limit: u32,
}

impl Page {
    /// A limit above `limit_max` is reduced to it; the answer has the limit that was used.
    pub(super) fn read(query: &QueryPairs, limit: u32, limit_max: u32) -> Result<Self, Refusal> {
        let page = read_number(query, "page")?.unwrap_or(1);
        let limit = read_number(query, "limit")?.unwrap_or(limit);
        if page == 0 || limit == 0 {
            return Err(bad_request("`page` and `limit` must be at least 1"));
        }
        Ok(Self { page, limit: limit.min(limit_max) })
    }

    pub(super) const fn limit(self) -> u32 {
        self.limit
    }

    /// Rows on the pages before.
    pub(super) fn offset(self) -> u64 {
        u64::from(self.page - 1) * u64::from(self.limit)
    }
}

pub(super) fn read_number(query: &QueryPairs, name: &str) -> Result<Option<u32>, Refusal> {
    let Some(text) = query.written(name) else { return Ok(None) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits => Ok(Some(number)),
        _ => Err(bad_request(format!("`{name}` must be a whole number"))),
    }
}
