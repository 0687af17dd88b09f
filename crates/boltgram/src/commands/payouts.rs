//! `boltgram payout …`: shares of referrers, and their payment.

use anyhow::{bail, ensure};
use domain::account::operator::Actor;
use domain::id::PaymentHash;
use domain::limits::PAYOUTS_LISTED_MAX;
use domain::payout::PayoutState;
use domain::ports::{Payout, PayoutList, PayoutLoad, Referrer, Store};
use engine::payouts::{EndLostError, end_lost_payout};
use serde_json::{Value, json};

use crate::cli::{InstanceArgs, ListArgs, PayoutCommand};
use crate::open_store::{load_config, open_existing_store};
use crate::output;
use crate::system::system_clock;
use crate::wiring::open_node_beside;

pub(super) async fn payouts(instance: &InstanceArgs, command: PayoutCommand) -> anyhow::Result<()> {
    let store = open_existing_store(instance).await?.store;
    match command {
        PayoutCommand::End { hash } => end_payout(instance, &*store, hash).await,
        PayoutCommand::List { limit, list } => list_payouts(&*store, limit, list).await,
        PayoutCommand::Pause => {
            let changed = store.pause_payouts(Actor::CommandLine, system_clock().now()).await?;
            output::line(if changed { "payouts paused" } else { "payouts were paused already" })
        }
        PayoutCommand::Resume => {
            let changed = store.resume_payouts(Actor::CommandLine, system_clock().now()).await?;
            output::line(if changed { "payouts resumed" } else { "payouts were not paused" })
        }
        PayoutCommand::Retry { address } => {
            let now = system_clock().now();
            let known = store.retry_referrer(&address, Actor::CommandLine, now).await?;
            ensure!(known, "nothing is due to {}", address.as_str());
            output::line(&format!("{} is tried again", address.as_str()))
        }
    }
}

async fn end_payout(
    instance: &InstanceArgs,
    store: &dyn Store,
    hash: PaymentHash,
) -> anyhow::Result<()> {
    let node = open_node_beside(&load_config(instance)?.config).await?;
    let now = system_clock().now();
    match end_lost_payout(store, &*node, hash, Actor::CommandLine, now).await {
        Ok(()) => output::line(&format!("{hash} is ended as failed; its shares are due again")),
        Err(error @ EndLostError::NotBefore(at)) => {
            bail!("{error}; try again at {}", output::moment(at))
        }
        Err(error) => Err(error.into()),
    }
}

async fn list_payouts(store: &dyn Store, limit: u32, list: ListArgs) -> anyhow::Result<()> {
    let load = store.payout_load().await?;
    let referrers = store.referrers(None, PAYOUTS_LISTED_MAX).await?;
    let payouts = store.payouts(PayoutList { limit, ..PayoutList::default() }).await?;
    if list.json {
        return output::line(&serde_json::to_string_pretty(&view(&load, &referrers, &payouts))?);
    }
    let paused = load.paused_at.map(|at| format!(", paused since {}", output::moment(at)));
    output::line(&format!("due: {} sats{}", load.due.sats_floor(), paused.unwrap_or_default()))?;
    for referrer in &referrers {
        let trouble = referrer.trouble.map(|trouble| format!(", {}", trouble.as_str()));
        let waits = if referrer.stopped_at.is_some() { ", waits for you" } else { "" };
        let (address, sats) = (referrer.address.as_str(), referrer.due.sats_floor());
        output::line(&format!("  {address}: {sats} sats{}{waits}", trouble.unwrap_or_default()))?;
    }
    for payout in &payouts {
        let trouble = payout.trouble.map(|trouble| format!(" ({})", trouble.as_str()));
        let is_open = payout.state == PayoutState::Attempting;
        let node = is_open.then(|| format!(" at node {}", hex::encode(payout.node_key)));
        output::line(&format!(
            "{} {} {} sats to {}: {}{}{}",
            output::moment(payout.created_at),
            payout.hash,
            payout.amount.sats_floor(),
            payout.address.as_str(),
            payout.state.as_str(),
            node.unwrap_or_default(),
            trouble.unwrap_or_default()
        ))?;
    }
    Ok(())
}

fn view(load: &PayoutLoad, referrers: &[Referrer], payouts: &[Payout]) -> Value {
    let referrer = |it: &Referrer| {
        json!({
            "address": it.address.as_str(),
            "dueMsat": it.due,
            "failures": it.failures,
            "trouble": it.trouble.map(|trouble| trouble.as_str()),
            "nextTryAt": output::moment(it.next_try_at),
            "stoppedAt": it.stopped_at.map(output::moment),
        })
    };
    let payout = |it: &Payout| {
        json!({
            "paymentHash": it.hash.to_string(),
            "address": it.address.as_str(),
            "amountMsat": it.amount,
            "feeMsat": it.fee,
            "status": it.state.as_str(),
            "trouble": it.trouble.map(|trouble| trouble.as_str()),
            "createdAt": output::moment(it.created_at),
            "nodeKey": hex::encode(it.node_key),
        })
    };
    json!({
        "dueMsat": load.due,
        "pausedAt": load.paused_at.map(output::moment),
        "referrers": referrers.iter().map(referrer).collect::<Vec<_>>(),
        "payouts": payouts.iter().map(payout).collect::<Vec<_>>(),
    })
}
