//! The provider of lookups: the configured one, the sandbox, or none beside real carriers.

use std::sync::Arc;

use anyhow::Context;
use carriers::lookup::{HttpLookup, SandboxLookup};
use domain::ports::{Fetch, Lookup};

use crate::config::Config;

pub(crate) fn make_lookup(config: &Config) -> anyhow::Result<Option<Arc<dyn Lookup>>> {
    let Some(options) = config.lookup.options()? else {
        let sandbox =
            (!config.has_real_carrier()).then(|| Arc::new(SandboxLookup) as Arc<dyn Lookup>);
        return Ok(sandbox);
    };
    // The operator's own address, perhaps inside the operator's network.
    let reach = fetch::Options { allow_private: true, ..fetch::Options::default() };
    let fetch: Arc<dyn Fetch> = Arc::new(fetch::Guarded::new(reach)?);
    let provider =
        HttpLookup::new(options, fetch).context("cannot use the provider of [lookup]")?;
    Ok(Some(Arc::new(provider)))
}
