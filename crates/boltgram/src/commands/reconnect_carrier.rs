//! `boltgram carrier reconnect`: a request in the store, which every node sees within a second.

use anyhow::bail;
use domain::routing::CarrierName;

use super::list_carriers::is_recent;
use crate::cli::InstanceArgs;
use crate::open_store::{load_config, open_existing_store};
use crate::output;
use crate::system::system_clock;

pub(super) async fn reconnect_carrier(instance: &InstanceArgs, name: &str) -> anyhow::Result<()> {
    let config = load_config(instance)?.config;
    if !config.carriers.iter().any(|carrier| carrier.name == name) {
        bail!("there is no carrier {name:?}; `boltgram carrier list` shows them");
    }
    let store = open_existing_store(instance).await?.store;
    let (carrier, now) = (CarrierName::new(name), system_clock().now());
    let runs = store
        .link_reports()
        .await?
        .into_iter()
        .any(|links| links.report.carrier == carrier && is_recent(links.at, now));
    if !runs {
        bail!("no server runs carrier {name:?}");
    }
    store.request_reconnect(&carrier).await?;
    output::line(&format!(
        "{name}: every node closes its links and opens them again within a second"
    ))
}
