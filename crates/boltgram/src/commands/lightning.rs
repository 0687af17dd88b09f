//! `boltgram lightning …`: the Lightning node as the store and the node itself show it, beside a running server or
//! without one.

use anyhow::Context;
use domain::account::operator::Actor;
use domain::money::Msat;
use domain::ports::{Lightning, PortError};
use engine::lightning_node::{Age, Orphan, Status, cancel_orphan, orphans, status};

use crate::cli::{InstanceArgs, LightningCommand, ListArgs};
use crate::config::Backend;
use crate::open_store::{load_config, open_existing_store};
use crate::output;
use crate::system::system_clock;
use crate::wiring::open_node_beside;

pub(super) async fn lightning(
    instance: &InstanceArgs,
    command: LightningCommand,
) -> anyhow::Result<()> {
    let config = load_config(instance)?.config;
    let store = open_existing_store(instance).await?.store;
    let (node, now) = (open_node_beside(&config).await?, system_clock().now());
    match command {
        LightningCommand::Status { json } => {
            let status = status(&*store, &*node, now).await?;
            if json {
                let view = api::lightning_view(&status);
                return output::line(&serde_json::to_string_pretty(&view)?);
            }
            show_status(&status, config.backend())
        }
        LightningCommand::Orphans { cancel: Some(hash), .. } => {
            cancel_orphan(&*store, &*node, hash, Actor::CommandLine, now).await?;
            output::line(&format!("{hash} is given back"))
        }
        LightningCommand::Orphans { cancel: None, list } => {
            let found = list_orphans(&*store, &*node).await?;
            show_orphans(&found, list)
        }
    }
}

async fn list_orphans(
    store: &dyn domain::ports::Store,
    node: &dyn Lightning,
) -> anyhow::Result<Vec<Orphan>> {
    if node.held_max() == 0 {
        return Ok(Vec::new());
    }
    orphans(store, node).await.context("the node's invoices cannot be read")
}

fn show_orphans(orphans: &[Orphan], list: ListArgs) -> anyhow::Result<()> {
    if orphans.is_empty() && !list.json {
        return output::line("every invoice of Boltgram at the node belongs to a live order");
    }
    output::list(
        list,
        orphans,
        api::orphan_view,
        ["PAYMENT HASH", "HELD SATS", "DEADLINE", "ORDER", "MEMO"],
        |orphan| {
            let held = |view: fn(domain::sale::hold::HeldPayment) -> String| {
                orphan.held.map_or_else(|| "-".to_owned(), view)
            };
            let order = orphan.order.map(|(order, state)| format!("{order} {}", state.as_str()));
            [
                orphan.hash.to_string(),
                held(|payment| payment.amount.sats_floor().to_string()),
                held(|payment| payment.deadline_height.to_string()),
                order.unwrap_or_else(|| "none".to_owned()),
                orphan.memo.clone(),
            ]
        },
    )
}

fn backend_word(backend: Backend) -> String {
    format!("{backend:?}").to_lowercase()
}

fn show_status(status: &Status, backend: Backend) -> anyhow::Result<()> {
    let sats = |amount: Msat| amount.sats_floor();
    let no_answer = |error: &PortError| format!("no answer: {error}");
    let identity = match &status.identity {
        _ if !status.has_node => "none; no invoices are sold".to_owned(),
        Ok(node) => format!("{} on {}", hex::encode(node.key), node.network.as_str()),
        Err(error) => no_answer(error),
    };
    output::line(&format!("node        {identity} ({})", backend_word(backend)))?;
    if status.has_node {
        let tip = match &status.tip {
            Ok(tip) => {
                let minutes = status.at.since(tip.seen_at).as_secs() / 60;
                let synced = if tip.synced { "synced" } else { "not synced" };
                format!("height {}, {synced}, newest block {minutes} minutes old", tip.height)
            }
            Err(error) => no_answer(error),
        };
        output::line(&format!("chain       {tip}"))?;
        let selling =
            status.not_selling().map_or_else(|| "yes".to_owned(), |why| format!("no: {why}"));
        output::line(&format!("selling     {selling}"))?;
        let channels = match &status.channels {
            Ok(it) => format!(
                "{}, {} active, capacity {} sats, inbound {}, outbound {}, room for {} payments",
                it.count,
                it.active,
                sats(it.capacity),
                sats(it.inbound),
                sats(it.outbound),
                it.slots
            ),
            Err(error) => no_answer(error),
        };
        output::line(&format!("channels    {channels}"))?;
    }
    output::line(&format!("open        {} orders wait for payment", status.orders.open))?;
    let total = status.total();
    output::line(&format!("held        {} payments, {} sats", total.count, sats(total.sum)))?;
    let ages = ["under 10 minutes", "under 1 hour", "under 4 hours", "older"];
    for ((_, held), age) in Age::ALL.iter().zip(status.held).zip(ages) {
        if held.count > 0 {
            output::line(&format!("  {age}: {}, {} sats", held.count, sats(held.sum)))?;
        }
    }
    if let Some(next) = status.next_deadline {
        let left = status.blocks_left().map(|left| format!(", {left} blocks left"));
        let left = left.unwrap_or_default();
        output::line(&format!("deadline    height {}{left}: order {}", next.height, next.order))?;
    }
    output::line(&format!("lost        {} orders", status.orders.lost))?;
    for lost in &status.lost {
        let (at, price) = (output::moment(lost.at), sats(lost.price));
        output::line(&format!("  {at} {price} sats: boltgram trace {}", lost.order))?;
    }
    let paused =
        status.payouts_paused_at.map(|at| format!(", paused since {}", output::moment(at)));
    let paused = paused.unwrap_or_default();
    output::line(&format!("payouts     {} under way{paused}", status.payouts_attempting))
}
