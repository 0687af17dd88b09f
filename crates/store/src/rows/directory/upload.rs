//! Fills lists: an upload is many changes, and a last one that makes the group show them.
//!
//! ```text
//! begin ── add ── add ── … ── finish      replace: the group shows the new list, the old one is dropped
//!                        └─── abandon     what was begun anew is dropped; what was added stays
//! ```
//!
//! After a crash in between, a new list is neither shown nor dropped: it is deleted when it is old.

use domain::account::contacts::{Contact, ContactGroup, Upload, UploadMode};
use domain::account::operator::{Action, Actor};
use domain::id::{AccountId, GroupId, ListId};
use domain::limits::{CONTACTS_BATCH_MAX, GROUP_CONTACTS_MAX};
use domain::ports::PortError;
use domain::time::Timestamp;
use serde_json::json;

use super::audit_change;
use super::groups::{drop_list, find, new_list, shown_list};
use crate::tx::{Result, Tx, Value, params};

pub(crate) async fn begin(
    tx: &mut impl Tx,
    account: AccountId,
    group: GroupId,
    mode: UploadMode,
    now: Timestamp,
) -> Result<Option<Upload>> {
    let Some(shown) = shown_list(tx, account, group).await? else { return Ok(None) };
    let list = match mode {
        UploadMode::Add => shown,
        UploadMode::Replace => new_list(tx, false, now).await?,
    };
    Ok(Some(Upload { account, group, list, mode }))
}

pub(crate) async fn add(tx: &mut impl Tx, upload: &Upload, contacts: &[Contact]) -> Result<u32> {
    if contacts.len() > CONTACTS_BATCH_MAX {
        return Err(PortError::Refused("too many contacts at once".to_owned()));
    }
    let before = hold_list(tx, upload).await?;
    let fields: Vec<_> = contacts
        .iter()
        .map(|contact| (!contact.fields.is_empty()).then(|| json!(contact.fields).to_string()))
        .collect();
    let numbers: Vec<i64> = contacts.iter().map(digits).collect();
    let known: Vec<_> = numbers.iter().map(|number| params![upload.list.0, *number]).collect();
    let rows: Vec<_> = contacts
        .iter()
        .zip(&numbers)
        .zip(&fields)
        .map(|((contact, number), fields)| {
            let name = contact.name.as_deref();
            params![upload.list.0, *number, name, fields.as_ref().map_or(Value::Null, Value::from)]
        })
        .collect();
    let added: u64 = tx
        .execute_many(
            "INSERT INTO contacts (list, number) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            &known,
        )
        .await?
        .iter()
        .sum();
    let told: Vec<_> =
        rows.into_iter().filter(|row| !matches!(row, [_, _, Value::Null, Value::Null])).collect();
    tx.execute_many(
        "UPDATE contacts SET name = ?3, fields = ?4 WHERE list = ?1 AND number = ?2",
        &told,
    )
    .await?;
    let added = u32::try_from(added).unwrap_or(u32::MAX);
    if before.saturating_add(added) > GROUP_CONTACTS_MAX {
        return Err(PortError::Refused("the group would have too many contacts".to_owned()));
    }
    tx.execute(
        "UPDATE contact_lists SET contacts = contacts + ?2 WHERE id = ?1",
        params![upload.list.0, added],
    )
    .await?;
    Ok(added)
}

fn digits(contact: &Contact) -> i64 {
    i64::try_from(contact.number.digits()).unwrap_or(0)
}

/// Number of contacts in the list; locks it until the change ends.
async fn hold_list(tx: &mut impl Tx, upload: &Upload) -> Result<u32> {
    let rows = tx
        .query(
            "SELECT contacts, shown, begun_at FROM contact_lists WHERE id = ?1 FOR UPDATE",
            params![upload.list.0],
        )
        .await?;
    let gone = || PortError::Conflict("the list is no longer there".to_owned());
    let mut row = rows.into_iter().next().ok_or_else(gone)?;
    let (contacts, shown, begun_at): (u32, i64, i64) = (row.get()?, row.get()?, row.get()?);
    let filling = match upload.mode {
        UploadMode::Add => shown == 1,
        UploadMode::Replace => shown == 0 && begun_at > 0,
    };
    filling.then_some(contacts).ok_or_else(gone)
}

pub(crate) async fn finish(
    tx: &mut impl Tx,
    upload: &Upload,
    by: Actor,
    now: Timestamp,
) -> Result<ContactGroup> {
    let Upload { account, group: id, list, mode } = *upload;
    let gone = || PortError::Conflict("the group is no longer there".to_owned());
    let shown = shown_list(tx, account, id).await?.ok_or_else(gone)?;
    if mode == UploadMode::Replace && shown != list {
        hold_list(tx, upload).await?;
        drop_list(tx, shown).await?;
        tx.execute("UPDATE contact_lists SET shown = 1 WHERE id = ?1", params![list.0]).await?;
    }
    tx.execute(
        "UPDATE contact_groups SET list = ?2, updated_at = ?3 WHERE id = ?1",
        params![id.0, if mode == UploadMode::Replace { list.0 } else { shown.0 }, now],
    )
    .await?;
    let group = find(tx, account, id).await?.ok_or_else(gone)?;
    let mode = match mode {
        UploadMode::Add => "add",
        UploadMode::Replace => "replace",
    };
    let detail = json!({ "mode": mode, "contacts": group.contacts });
    audit_change(tx, account, id.0, Action::ContactsUpload, detail, by, now).await?;
    Ok(group)
}

pub(crate) async fn abandon(tx: &mut impl Tx, upload: &Upload) -> Result<()> {
    tx.execute(
        "UPDATE contact_lists SET begun_at = 0 WHERE id = ?1 AND shown = 0",
        params![upload.list.0],
    )
    .await
    .map(drop)
}

pub(crate) async fn drop_lists(
    tx: &mut impl Tx,
    begun_before: Timestamp,
    limit: u32,
) -> Result<u64> {
    let rows = tx
        .query(
            "SELECT id FROM contact_lists WHERE shown = 0 AND begun_at < ?1
             ORDER BY begun_at LIMIT 1 FOR UPDATE SKIP LOCKED",
            params![begun_before],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(0) };
    let list = ListId(row.get()?);
    let gone = tx
        .execute(
            "DELETE FROM contacts WHERE list = ?1 AND number IN (
                 SELECT number FROM contacts WHERE list = ?1 ORDER BY number LIMIT ?2
             )",
            params![list.0, limit],
        )
        .await?;
    if gone < u64::from(limit) {
        tx.execute("DELETE FROM contact_lists WHERE id = ?1", params![list.0]).await?;
    }
    // The list itself counts, so that a caller that repeats until 0 drops all lists.
    Ok(gone.max(1))
}
