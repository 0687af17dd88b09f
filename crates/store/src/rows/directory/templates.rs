//! Templates. The audit log does not contain their texts.

use domain::account::operator::{Action, Actor};
use domain::account::template::{Label, Template, fits};
use domain::id::{AccountId, TemplateId};
use domain::limits::TEMPLATES_PER_ACCOUNT_MAX;
use domain::ports::PortError;
use domain::text::Text;
use domain::time::Timestamp;
use serde_json::json;

use super::{audit_change, name_taken};
use crate::rows::account::lock;
use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn add(
    tx: &mut impl Tx,
    account: AccountId,
    name: &Label,
    text: &Text,
    by: Actor,
    now: Timestamp,
) -> Result<Template> {
    must_fit(text)?;
    lock(tx, account).await?;
    let rows =
        tx.query("SELECT count(*) FROM templates WHERE account = ?1", params![account]).await?;
    let count: u32 = rows.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    if count >= TEMPLATES_PER_ACCOUNT_MAX {
        return Err(PortError::Refused("the account has too many templates".to_owned()));
    }
    let added = tx
        .query(
            "INSERT INTO templates (account, name, text, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (account, name) DO NOTHING
             RETURNING id, account, name, text, created_at, updated_at",
            params![account, name.as_str(), text.as_str(), now],
        )
        .await?;
    let template = read(added.into_iter().next().ok_or_else(name_taken)?)?;
    let detail = json!({ "name": name.as_str() });
    audit_change(tx, account, template.id.0, Action::TemplateAdd, detail, by, now).await?;
    Ok(template)
}

fn must_fit(text: &Text) -> Result<()> {
    let unfit = || PortError::Refused("a template has 1 to 1000 characters".to_owned());
    fits(text).then_some(()).ok_or_else(unfit)
}

pub(crate) async fn change(
    tx: &mut impl Tx,
    (account, id): (AccountId, TemplateId),
    name: Option<&Label>,
    text: Option<&Text>,
    by: Actor,
    now: Timestamp,
) -> Result<Option<Template>> {
    text.map_or(Ok(()), must_fit)?;
    lock(tx, account).await?;
    let Some(mut template) = find(tx, account, id).await? else { return Ok(None) };
    let before = template.clone();
    if let Some(name) = name {
        template.name = name.clone();
    }
    if let Some(text) = text {
        template.text = text.clone();
    }
    if template == before {
        return Ok(Some(template));
    }
    let taken = tx
        .query(
            "SELECT 1 FROM templates WHERE account = ?1 AND name = ?2 AND id <> ?3",
            params![account, template.name.as_str(), id.0],
        )
        .await?;
    if !taken.is_empty() {
        return Err(name_taken());
    }
    template.updated_at = now;
    tx.execute(
        "UPDATE templates SET name = ?2, text = ?3, updated_at = ?4 WHERE id = ?1",
        params![id.0, template.name.as_str(), template.text.as_str(), now],
    )
    .await?;
    let detail = json!({
        "before": before.name.as_str(),
        "after": template.name.as_str(),
        "text": before.text != template.text,
    });
    audit_change(tx, account, id.0, Action::TemplateChange, detail, by, now).await?;
    Ok(Some(template))
}

pub(crate) async fn remove(
    tx: &mut impl Tx,
    account: AccountId,
    id: TemplateId,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    let gone = tx
        .query(
            "DELETE FROM templates WHERE id = ?2 AND account = ?1 RETURNING name",
            params![account, id.0],
        )
        .await?;
    let Some(mut row) = gone.into_iter().next() else { return Ok(false) };
    let detail = json!({ "name": row.get::<String>()? });
    audit_change(tx, account, id.0, Action::TemplateRemove, detail, by, now).await?;
    Ok(true)
}

pub(crate) async fn find(
    tx: &mut impl Tx,
    account: AccountId,
    id: TemplateId,
) -> Result<Option<Template>> {
    let rows = tx
        .query(
            "SELECT id, account, name, text, created_at, updated_at FROM templates
             WHERE id = ?2 AND account = ?1",
            params![account, id.0],
        )
        .await?;
    rows.into_iter().next().map(read).transpose()
}

pub(crate) async fn list(
    tx: &mut impl Tx,
    account: AccountId,
    after: Option<TemplateId>,
    limit: u32,
) -> Result<Vec<Template>> {
    let rows = tx
        .query(
            "SELECT id, account, name, text, created_at, updated_at FROM templates
             WHERE account = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            params![account, after.map_or(0, |after| after.0), limit],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<Template> {
    let (id, account) = (TemplateId(row.get()?), row.get()?);
    let (name, text): (Label, String) = (row.get()?, row.get()?);
    let text = Text::from(text);
    Ok(Template { id, account, name, text, created_at: row.get()?, updated_at: row.get()? })
}
