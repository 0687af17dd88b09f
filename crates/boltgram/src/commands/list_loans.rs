//! `boltgram number loans`: the calendar of a number of ours, newest first.

use anyhow::Context;
use domain::number::Msisdn;
use domain::number::pool::PoolLoan;
use serde_json::{Value, json};

use crate::cli::{InstanceArgs, ListArgs};
use crate::open_store::open_existing_store;
use crate::output;

pub(super) async fn list_loans(
    instance: &InstanceArgs,
    number: &str,
    limit: u32,
    list: ListArgs,
) -> anyhow::Result<()> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let number: Msisdn = digits.parse().context("give an international number")?;
    let store = open_existing_store(instance).await?.store;
    let loans = store.loans_of(number, limit).await?;
    let headings = ["LENT", "UNTIL", "ENDED", "FOR", "SERVICE", "STATE"];
    output::list(list, &loans, view, headings, row)
}

fn view(loan: &PoolLoan) -> Value {
    json!({
        "loan": loan.id.to_string(),
        "lentAt": output::moment(loan.lent_at),
        "until": output::moment(loan.until),
        "endedAt": loan.ended_at.map(output::moment),
        "for": loan.purpose.as_str(),
        "service": loan.service.as_str(),
        "state": loan.state.as_str(),
    })
}

fn row(loan: &PoolLoan) -> [String; 6] {
    [
        output::moment(loan.lent_at),
        output::moment(loan.until),
        loan.ended_at.map(output::moment).unwrap_or_default(),
        loan.purpose.as_str().to_owned(),
        loan.service.as_str().to_owned(),
        loan.state.as_str().to_owned(),
    ]
}
