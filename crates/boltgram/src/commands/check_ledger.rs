//! `boltgram ledger check`: recomputes the ledger from all transfers.

use anyhow::bail;
use domain::sale::ledger::LedgerReport;

use crate::cli::InstanceArgs;
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn check_ledger(instance: &InstanceArgs) -> anyhow::Result<()> {
    let store = open_existing_store(instance).await?.store;
    report(&store.check_ledger().await?)
}

/// Fails if the ledger is not sound.
pub(crate) fn report(report: &LedgerReport) -> anyhow::Result<()> {
    output::line(&format!(
        "{} ledger accounts, {} transfers, sum {}",
        report.accounts, report.transfers, report.sum
    ))?;
    if report.is_sound() {
        return output::line("the ledger is sound");
    }
    tell_what_is_wrong(report)?;
    bail!("the ledger is not sound");
}

fn tell_what_is_wrong(report: &LedgerReport) -> anyhow::Result<()> {
    for (what, found) in [
        ("balance differs from its transfers", &report.wrong_balances),
        ("customer below zero", &report.overdrawn),
        ("order and transfers disagree", &report.wrong_orders),
        ("message, its recipients and its transfer disagree", &report.wrong_messages),
        ("refund, its transfer and its charge disagree", &report.wrong_refunds),
        ("keyword, its periods and their transfers disagree", &report.wrong_keywords),
        ("lookup and its transfer disagree", &report.wrong_lookups),
        ("share or payment of a referrer and its transfers disagree", &report.wrong_referrals),
        ("share of a phone's owner, its loan and its order disagree", &report.wrong_shares),
    ] {
        found.iter().try_for_each(|found| output::line(&format!("{what}: {found}")))?;
    }
    Ok(())
}
