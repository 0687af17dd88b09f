//! Lightning addresses (LUD-16) and their invoices (LUD-06), through the guarded client for addresses of others.
//!
//! | danger | closed by |
//! |---|---|
//! | a private address, in the URL, after name resolution, or behind a redirect | the client checks each request; here at most one redirect is followed, by the same rules |
//! | plain http | refused, also in callbacks and redirects |
//! | a slow server, a body without end | 10 s and 64 KB for each answer |
//! | an invoice for something else | the caller compares it with what was asked for ([`domain::payout::check`]) |

use std::sync::Arc;

use async_trait::async_trait;
use domain::limits::{LNURL_BODY_BYTES_MAX, LNURL_REDIRECTS_MAX, LNURL_TIMEOUT};
use domain::money::Msat;
use domain::payout::{LightningAddress, Trouble};
use domain::ports::{
    Fetch, FetchError, FetchMethod, FetchRequest, FetchResponse, PayOffer, PayeeInvoice, Payees,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use url::Url;

use crate::decode;

#[derive(Debug)]
pub struct LnurlPay {
    fetch: Arc<dyn Fetch>,
    scheme: &'static str,
}

impl LnurlPay {
    pub const fn new(fetch: Arc<dyn Fetch>) -> Self {
        Self { fetch, scheme: "https" }
    }

    /// By http, and by nothing else: for tests, and sandboxes on one machine.
    pub const fn over_http(fetch: Arc<dyn Fetch>) -> Self {
        Self { fetch, scheme: "http" }
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, Trouble> {
        let mut url = url;
        for _ in 0..=LNURL_REDIRECTS_MAX {
            let response = self.request(url.clone()).await?;
            if !(300..400).contains(&response.status) {
                return read(&response);
            }
            let next = response.location.as_deref().and_then(|location| url.join(location).ok());
            url = next.ok_or(Trouble::AnswerUnreadable)?;
        }
        Err(Trouble::AddressForbidden)
    }

    async fn request(&self, url: Url) -> Result<FetchResponse, Trouble> {
        if url.scheme() != self.scheme {
            return Err(Trouble::AddressForbidden);
        }
        let request = FetchRequest {
            url,
            method: FetchMethod::Get,
            headers: Vec::new(),
            timeout: LNURL_TIMEOUT,
            // One more, by which a longer body is recognised.
            body_bytes_max: LNURL_BODY_BYTES_MAX + 1,
        };
        self.fetch.fetch(request).await.map_err(|error| match error {
            FetchError::Forbidden(_) => Trouble::AddressForbidden,
            FetchError::Unreachable(domain::ports::Cause::Internal) => Trouble::AddressForbidden,
            FetchError::Unreachable(_) | FetchError::TimedOut => Trouble::AddressUnreachable,
        })
    }
}

/// LUD-06: errors are `{"status":"ERROR","reason":…}`, with any HTTP status.
#[derive(Deserialize)]
struct Verdict {
    status: Option<String>,
}

fn read<T: DeserializeOwned>(response: &FetchResponse) -> Result<T, Trouble> {
    if response.body.len() > LNURL_BODY_BYTES_MAX {
        return Err(Trouble::AnswerUnreadable);
    }
    let verdict = serde_json::from_slice::<Verdict>(&response.body);
    let refuses = |verdict: &Verdict| {
        verdict.status.as_ref().is_some_and(|status| status.eq_ignore_ascii_case("ERROR"))
    };
    if verdict.as_ref().is_ok_and(refuses) || (400..500).contains(&response.status) {
        return Err(Trouble::AddressRefused);
    }
    if !(200..300).contains(&response.status) {
        return Err(Trouble::AddressUnreachable);
    }
    serde_json::from_slice(&response.body).map_err(|_| Trouble::AnswerUnreadable)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offer {
    tag: String,
    callback: String,
    min_sendable: i64,
    max_sendable: i64,
    /// JSON in a text, whose bytes are hashed.
    metadata: String,
}

impl Offer {
    fn checked(self) -> Option<PayOffer> {
        let callback = self.callback.parse().ok()?;
        let pairs: Vec<serde_json::Value> = serde_json::from_str(&self.metadata).ok()?;
        let sound = self.tag == "payRequest"
            && !pairs.is_empty()
            && self.min_sendable >= 1
            && self.max_sendable >= self.min_sendable;
        sound.then(|| PayOffer {
            callback,
            min: Msat::new(self.min_sendable),
            max: Msat::new(self.max_sendable),
            metadata_hash: Sha256::digest(&self.metadata).into(),
        })
    }
}

#[derive(Deserialize)]
struct Invoice {
    pr: String,
}

#[async_trait]
impl Payees for LnurlPay {
    async fn offer(&self, address: &LightningAddress) -> Result<PayOffer, Trouble> {
        let (scheme, host, user) = (self.scheme, address.host(), address.user());
        let url = format!("{scheme}://{host}/.well-known/lnurlp/{user}").parse();
        let offer: Offer = self.get(url.map_err(|_| Trouble::AddressForbidden)?).await?;
        offer.checked().ok_or(Trouble::AnswerUnreadable)
    }

    async fn invoice(&self, offer: &PayOffer, amount: Msat) -> Result<PayeeInvoice, Trouble> {
        let mut url = offer.callback.clone();
        url.query_pairs_mut().append_pair("amount", &amount.get().to_string());
        let Invoice { pr } = self.get(url).await?;
        let text = pr.trim().to_ascii_lowercase();
        let facts = decode::facts(&text).ok_or(Trouble::AnswerUnreadable)?;
        Ok(PayeeInvoice { text, facts })
    }
}
