//! `boltgram trace`: why a message waits or failed, read from the store; also whether carriers are
//! connected, as running servers reported it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::bail;
use domain::ports::NodeLinks;
use domain::reason::Reason;
use domain::routing::Routes;
use domain::time::Timestamp;
use engine::traces::{ReportedLinks, Subject, Traced, TracedOrder, TracedRecipient, Traces};

use super::list_carriers::is_recent;
use crate::cli::InstanceArgs;
use crate::open_store::{load_config, open_existing_store};
use crate::output;
use crate::system::system_clock;
use crate::wiring::routes;

pub(super) async fn show_trace(
    instance: &InstanceArgs,
    subject: Subject,
    json: bool,
    limit: u32,
) -> anyhow::Result<()> {
    let (store, clock) = (open_existing_store(instance).await?.store, system_clock());
    let reports = store.link_reports().await?;
    let links = reported(routes(&load_config(instance)?.config), reports, clock.now());
    let traces = Traces::with_reports(store, clock, links);
    let (mut at, mut left) = (None, limit);
    while left > 0 {
        let Some(page) = traces.page(subject, at, left).await? else {
            bail!("there is no such message or order");
        };
        for traced in &page.traced {
            if json {
                output::line(&api::trace_view(traced).to_string())?;
            } else {
                output::line(&text(traced)?)?;
            }
        }
        left = left.saturating_sub(u32::try_from(page.traced.len()).unwrap_or(u32::MAX));
        at = page.next;
        if at.is_none() {
            break;
        }
    }
    if left == limit && !json {
        output::line("nothing was sent to this number")?;
    }
    Ok(())
}

fn reported(routes: Routes, reports: Vec<NodeLinks>, now: Timestamp) -> ReportedLinks {
    let mut up = BTreeMap::new();
    for NodeLinks { report, at, .. } in reports {
        if is_recent(at, now) {
            *up.entry(report.carrier).or_insert(false) |= report.status.up;
        }
    }
    ReportedLinks { routes, up }
}

/// A paragraph for one recipient.
fn text(traced: &Traced) -> anyhow::Result<String> {
    let mut out = String::new();
    match &traced.recipient {
        Some(recipient) => recipient_lines(&mut out, recipient)?,
        None => {
            let to = traced.order.as_ref().and_then(|order| order.to.as_ref());
            writeln!(out, "{}", to.map(|to| to.stored()).unwrap_or_default())?;
        }
    }
    if let Some(message) = &traced.message {
        let door = message.door.map_or("", |door| door.as_str());
        write!(out, "  message   {}, accepted {}", message.id, time(message.created_at))?;
        writeln!(out, " at the door {door}, valid until {}", time(message.valid_until))?;
        if let Some(account) = message.account {
            writeln!(out, "  account   {}", account.0)?;
        }
    }
    if let Some(order) = &traced.order {
        order_line(&mut out, order)?;
    }
    if let Some(recipient) = &traced.recipient {
        way(&mut out, recipient)?;
    }
    Ok(out)
}

fn recipient_lines(out: &mut String, recipient: &TracedRecipient) -> anyhow::Result<()> {
    let TracedRecipient { address, state, updated_at, .. } = recipient;
    writeln!(out, "{address}  {} since {}", state.as_str(), time(*updated_at))?;
    if let Some(reason) = recipient.reason {
        writeln!(out, "  reason    {}", in_words(reason))?;
    }
    if let Some(code) = &recipient.code {
        writeln!(out, "  code      {}", with_meaning(code))?;
    }
    if let Some(at) = recipient.start_at {
        writeln!(out, "  starts    {}", time(at))?;
    }
    if let Some(at) = recipient.next_try_at {
        writeln!(out, "  next try  {}", time(at))?;
    }
    if let Some(node) = &recipient.node {
        writeln!(out, "  in work   at the node {node}")?;
    }
    Ok(())
}

fn order_line(out: &mut String, order: &TracedOrder) -> anyhow::Result<()> {
    let (kind, state) = (order.kind.as_str(), order.state.as_str());
    let reason = order.reason.map(|reason| format!(": {}", in_words(reason)));
    writeln!(out, "  order     {} ({kind}, {state}{})", order.id, reason.unwrap_or_default())?;
    Ok(())
}

/// Failed tries and taken parts.
fn way(out: &mut String, recipient: &TracedRecipient) -> anyhow::Result<()> {
    for failed in &recipient.tries {
        let link = failed.link.map(|link| format!(" link {link}")).unwrap_or_default();
        write!(out, "  try {:<5} {} ", failed.attempt, time(failed.at))?;
        write!(out, "{}{link}: {}", failed.carrier.as_str(), in_words(failed.reason))?;
        match &failed.code {
            Some(code) => writeln!(out, "; {}", with_meaning(code))?,
            None => writeln!(out)?,
        }
    }
    for part in &recipient.parts {
        write!(out, "  try {:<5} {} ", part.attempt, time(part.taken_at))?;
        let link = part.link.map(|link| format!(" link {link}")).unwrap_or_default();
        write!(out, "{}{link}: took part {} of {}", part.carrier.as_str(), part.part, part.parts)?;
        write!(out, " as {}, {}", part.carrier_id, part.state.as_str())?;
        if let Some(at) = part.decided_at {
            write!(out, " {}", time(at))?;
        }
        if let Some(code) = &part.code {
            write!(out, " ({code})")?;
        }
        if let Some(noted) = &part.noted {
            write!(out, "; noted {} {}", noted.state.as_str(), time(noted.at))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn in_words(reason: Reason) -> String {
    format!("{} ({reason})", reason.as_str())
}

fn with_meaning(code: &str) -> String {
    api::code_meaning(code).map_or_else(|| code.to_owned(), |meaning| format!("{code} ({meaning})"))
}

/// RFC 3339, in UTC.
fn time(at: Timestamp) -> String {
    api::moment(at)
}
