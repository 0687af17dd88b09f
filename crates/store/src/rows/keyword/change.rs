//! Changes a keyword, or ends it, by its owner or by an operator.

use domain::account::operator::{Action, Actor};
use domain::id::{AccountId, KeywordId};
use domain::inbound::sold_keyword::{EndedBy, SoldKeyword};
use domain::ports::KeywordChange;
use domain::time::Timestamp;
use serde_json::{Value as Json, json};

use super::find_to_change;
use crate::rows::account::audit::{self, NewAuditEntry};
use crate::tx::{Result, Tx, params};

pub(crate) async fn change(
    tx: &mut impl Tx,
    keyword: KeywordId,
    account: Option<AccountId>,
    change: &KeywordChange,
    by: Actor,
    now: Timestamp,
) -> Result<Option<SoldKeyword>> {
    let Some(before) = find_to_change(tx, keyword).await? else { return Ok(None) };
    if account.is_some_and(|account| account != before.account) {
        return Ok(None);
    }
    let after = SoldKeyword {
        renews: change.renews.unwrap_or(before.renews),
        reply: change.reply.clone().unwrap_or_else(|| before.reply.clone()),
        ..before.clone()
    };
    if after == before {
        return Ok(Some(after));
    }
    tx.execute(
        "UPDATE sold_keywords SET renews = ?2, reply = ?3 WHERE id = ?1",
        params![
            keyword.0,
            i64::from(after.renews),
            after.reply.as_ref().map(|reply| reply.as_str())
        ],
    )
    .await?;
    let detail = json!({ "before": view(&before), "after": view(&after) });
    note(tx, &after, Action::KeywordChange, detail, by, now).await?;
    Ok(Some(after))
}

pub(crate) async fn end(
    tx: &mut impl Tx,
    keyword: KeywordId,
    by: Actor,
    now: Timestamp,
) -> Result<Option<SoldKeyword>> {
    let Some(keyword) = find_to_change(tx, keyword).await? else { return Ok(None) };
    store_end(tx, &keyword, EndedBy::Operator, now).await?;
    note(tx, &keyword, Action::KeywordEnd, json!({ "before": view(&keyword) }), by, now).await?;
    Ok(Some(SoldKeyword { ended: Some((now, EndedBy::Operator)), ..keyword }))
}

pub(super) async fn store_end(
    tx: &mut impl Tx,
    keyword: &SoldKeyword,
    by: EndedBy,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "UPDATE sold_keywords SET ended_at = ?2, ended_by = ?3 WHERE id = ?1",
        params![keyword.id.0, now, by.as_str()],
    )
    .await
    .map(drop)
}

/// For the audit log: without texts.
fn view(keyword: &SoldKeyword) -> Json {
    json!({
        "number": keyword.number.as_str(),
        "renews": keyword.renews,
        "reply": keyword.reply.is_some(),
    })
}

async fn note(
    tx: &mut impl Tx,
    keyword: &SoldKeyword,
    action: Action,
    detail: Json,
    by: Actor,
    now: Timestamp,
) -> Result<()> {
    let (account, on) = (Some(keyword.account), keyword.id.0.to_string());
    audit::write(tx, NewAuditEntry { action, account, on: &on, detail }, by, now).await
}
