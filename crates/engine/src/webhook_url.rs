//! Checks the address of a webhook that a customer or an operator gives.

use std::borrow::Cow;

use domain::limits;
use domain::ports::{Fetch, FetchError};
use url::Url;

/// The URL in its normal form, or why it is refused. No network is used.
pub(crate) fn check_webhook_url(fetch: &dyn Fetch, url: &str) -> Result<String, Cow<'static, str>> {
    if url.len() > limits::URL_CHARS_MAX {
        return Err("it is too long".into());
    }
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    fetch.check(&url).map_err(|error| match error {
        FetchError::Forbidden(why) => Cow::from(why),
        other => other.to_string().into(),
    })?;
    Ok(url.into())
}
