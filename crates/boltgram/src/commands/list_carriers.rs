//! `boltgram carrier list`: the carriers of the file, and what each node reported of its links.

use domain::ports::NodeLinks;
use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::cli::{InstanceArgs, ListArgs};
use crate::open_store::{load_config, open_existing_store};
use crate::output;
use crate::system::system_clock;

/// A carrier at a node; without a report no node runs it.
struct Line {
    carrier: String,
    links: Option<NodeLinks>,
}

pub(super) async fn list_carriers(instance: &InstanceArgs, list: ListArgs) -> anyhow::Result<()> {
    let config = load_config(instance)?.config;
    let reports = open_existing_store(instance).await?.store.link_reports().await?;
    let now = system_clock().now();
    let mut lines = Vec::new();
    for carrier in &config.carriers {
        let of = |links: &&NodeLinks| links.report.carrier.as_str() == carrier.name;
        let found = reports.iter().filter(of).filter(|links| is_recent(links.at, now));
        let before = lines.len();
        let line =
            |links: &NodeLinks| Line { carrier: carrier.name.clone(), links: Some(links.clone()) };
        lines.extend(found.map(line));
        if lines.len() == before {
            lines.push(Line { carrier: carrier.name.clone(), links: None });
        }
    }
    let headings = ["CARRIER", "NODE", "STATE", "DETAIL", "REPORTED"];
    output::list(list, &lines, view, headings, row)
}

/// A node reports at least every [`domain::limits::LINK_REPORT_EVERY`].
pub(super) fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.since(at) <= 3 * domain::limits::LINK_REPORT_EVERY
}

fn view(line: &Line) -> Value {
    let links = line.links.as_ref();
    json!({
        "carrier": line.carrier,
        "node": links.map(|links| links.node.as_str()),
        "up": links.map(|links| links.report.status.up),
        "detail": links.map(|links| links.report.status.detail.as_str()),
        "reportedAt": links.map(|links| output::moment(links.at)),
    })
}

fn row(line: &Line) -> [String; 5] {
    let carrier = line.carrier.clone();
    match &line.links {
        None => [carrier, "-".into(), "-".into(), "no server reports it".into(), String::new()],
        Some(NodeLinks { node, report, at }) => {
            let state = if report.status.up { "up" } else { "down" };
            let detail = report.status.detail.clone();
            [carrier, node.clone(), state.to_owned(), detail, output::moment(*at)]
        }
    }
}
