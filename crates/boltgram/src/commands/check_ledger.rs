//! `boltgram ledger check`: the books, added up again from every transfer.

use anyhow::bail;
use domain::sale::ledger::LedgerReport;

use crate::cli::HouseArgs;
use crate::open::open_house;
use crate::output;

pub(super) async fn check_ledger(house: &HouseArgs) -> anyhow::Result<()> {
    let report = open_house(house).await?.store.check_ledger().await?;
    output::line(&format!(
        "{} ledger accounts, {} transfers, sum {}",
        report.accounts, report.transfers, report.sum
    ))?;
    if report.is_sound() {
        return output::line("the ledger is sound");
    }
    tell_what_is_wrong(&report)?;
    bail!("the ledger is not sound");
}

fn tell_what_is_wrong(report: &LedgerReport) -> anyhow::Result<()> {
    for (what, found) in [
        ("balance differs from its transfers", &report.wrong_balances),
        ("customer below zero", &report.overdrawn),
        ("order and transfers disagree", &report.wrong_orders),
        ("message, its recipients and its transfer disagree", &report.wrong_messages),
        ("refund, its transfer and its charge disagree", &report.wrong_refunds),
    ] {
        found.iter().try_for_each(|found| output::line(&format!("{what}: {found}")))?;
    }
    Ok(())
}
