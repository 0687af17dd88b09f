//! Who is in a group: numbers are rows of the list that the group shows, people without a number rows of
//! group_people.

use domain::account::operator::{Action, Actor};
use domain::account::people::{ContactRef, FoundContact};
use domain::id::{AccountId, GroupId, ListId, PersonId};
use domain::limits::GROUP_CONTACTS_MAX;
use domain::number::Msisdn;
use domain::ports::Membership;
use domain::time::Timestamp;
use serde_json::json;

use super::audit_change;
use super::contacts::stored_fields;
use super::groups::shown_list;
use super::people::{Known, digits, find, known, with_groups};
use super::upload::too_many;
use crate::rows::account::lock;
use crate::tx::{Result, Row, Tx, params};

/// The groups of each contact, by id.
pub(super) async fn groups_of(
    tx: &mut impl Tx,
    account: AccountId,
    contacts: &[Known],
) -> Result<Vec<Vec<GroupId>>> {
    let numbers: Vec<_> = contacts
        .iter()
        .filter_map(|contact| contact.number)
        .map(|number| params![account, digits(number)])
        .collect();
    let by_number = tx
        .query_many(
            "SELECT g.id FROM contact_groups g
             JOIN contacts c ON c.list = g.list AND c.number = ?2
             WHERE g.account = ?1 ORDER BY g.id",
            &numbers,
        )
        .await?;
    let numberless: Vec<_> = contacts
        .iter()
        .filter(|contact| contact.number.is_none())
        .map(|contact| params![account, contact.id.map_or(0, |id| id.0)])
        .collect();
    let by_id = tx
        .query_many(
            "SELECT group_id FROM group_people WHERE account = ?1 AND person = ?2
             ORDER BY group_id",
            &numberless,
        )
        .await?;
    let (mut by_number, mut by_id) = (by_number.into_iter(), by_id.into_iter());
    let of = |contact: &Known| {
        let rows = if contact.number.is_some() { by_number.next() } else { by_id.next() };
        rows.unwrap_or_default().into_iter().map(|mut row| row.get().map(GroupId)).collect()
    };
    contacts.iter().map(of).collect()
}

/// The account's groups with the lists that they show, locked so that no upload replaces one.
async fn locked_lists(tx: &mut impl Tx, account: AccountId) -> Result<Vec<(GroupId, ListId)>> {
    let rows = tx
        .query(
            "SELECT id, list FROM contact_groups WHERE account = ?1 ORDER BY id FOR UPDATE",
            params![account],
        )
        .await?;
    let read = |mut row: Row| Ok((GroupId(row.get()?), ListId(row.get()?)));
    rows.into_iter().map(read).collect()
}

/// The groups that this number is in, locked.
async fn locked_groups_of(
    tx: &mut impl Tx,
    account: AccountId,
    number: Msisdn,
) -> Result<Vec<(GroupId, ListId)>> {
    let lists = locked_lists(tx, account).await?;
    let asked: Vec<_> = lists.iter().map(|(_, list)| params![list.0, digits(number)]).collect();
    let found =
        tx.query_many("SELECT 1 FROM contacts WHERE list = ?1 AND number = ?2", &asked).await?;
    let is_in = lists.into_iter().zip(found).filter(|(_, rows)| !rows.is_empty());
    Ok(is_in.map(|(group, _)| group).collect())
}

/// Copies name and fields to the lists that the number is in.
pub(super) async fn write_copies(
    tx: &mut impl Tx,
    account: AccountId,
    person: &Known,
) -> Result<()> {
    let Some(number) = person.number else { return Ok(()) };
    let groups = locked_groups_of(tx, account, number).await?;
    let fields = stored_fields(&person.fields);
    let rows: Vec<_> = groups
        .iter()
        .map(|(_, list)| params![list.0, digits(number), person.name.as_deref(), fields.as_deref()])
        .collect();
    tx.execute_many(
        "UPDATE contacts SET name = ?3, fields = ?4 WHERE list = ?1 AND number = ?2",
        &rows,
    )
    .await
    .map(drop)
}

/// The person's number changed: it is in the same groups with the new one.
pub(super) async fn move_number(
    tx: &mut impl Tx,
    account: AccountId,
    id: PersonId,
    before: Option<Msisdn>,
    after: &Known,
) -> Result<()> {
    let groups = match before {
        Some(before) => {
            let groups = locked_groups_of(tx, account, before).await?;
            for (_, list) in &groups {
                take_out(tx, *list, before).await?;
            }
            groups
        }
        None => {
            let lists = locked_lists(tx, account).await?;
            let left = leave_numberless(tx, account, id).await?;
            lists.into_iter().filter(|(group, _)| left.contains(group)).collect()
        }
    };
    if let Some(number) = after.number {
        for (_, list) in groups {
            put_in(tx, list, number, after).await?;
        }
    }
    Ok(())
}

/// Into a list of a locked group.
async fn put_in(tx: &mut impl Tx, list: ListId, number: Msisdn, contact: &Known) -> Result<()> {
    let fields = stored_fields(&contact.fields);
    let added = tx
        .execute(
            "INSERT INTO contacts (list, number, name, fields) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            params![list.0, digits(number), contact.name.as_deref(), fields.as_deref()],
        )
        .await?;
    if added == 0 {
        return Ok(());
    }
    let counted = tx
        .execute(
            "UPDATE contact_lists SET contacts = contacts + 1 WHERE id = ?1 AND contacts < ?2",
            params![list.0, GROUP_CONTACTS_MAX],
        )
        .await?;
    if counted == 0 { Err(too_many()) } else { Ok(()) }
}

/// Out of a list of a locked group.
async fn take_out(tx: &mut impl Tx, list: ListId, number: Msisdn) -> Result<()> {
    let gone = tx
        .execute(
            "DELETE FROM contacts WHERE list = ?1 AND number = ?2",
            params![list.0, digits(number)],
        )
        .await?;
    if gone > 0 {
        tx.execute(
            "UPDATE contact_lists SET contacts = contacts - 1 WHERE id = ?1",
            params![list.0],
        )
        .await?;
    }
    Ok(())
}

pub(super) async fn leave_all(tx: &mut impl Tx, account: AccountId, number: Msisdn) -> Result<()> {
    for (_, list) in locked_groups_of(tx, account, number).await? {
        take_out(tx, list, number).await?;
    }
    Ok(())
}

/// The groups that it was in without a number.
pub(super) async fn leave_numberless(
    tx: &mut impl Tx,
    account: AccountId,
    id: PersonId,
) -> Result<Vec<GroupId>> {
    let rows = tx
        .query(
            "DELETE FROM group_people WHERE account = ?1 AND person = ?2 RETURNING group_id",
            params![account, id.0],
        )
        .await?;
    rows.into_iter().map(|mut row| row.get().map(GroupId)).collect()
}

pub(crate) async fn join(
    tx: &mut impl Tx,
    (account, contact): (AccountId, ContactRef),
    group: GroupId,
    by: Actor,
    now: Timestamp,
) -> Result<Membership> {
    lock(tx, account).await?;
    let Some(known) = known(tx, account, contact).await? else {
        return Ok(Membership::NoSuchContact);
    };
    let Some(list) = shown_list(tx, account, group).await? else {
        return Ok(Membership::NoSuchGroup);
    };
    match (known.number, known.id) {
        (Some(number), _) => put_in(tx, list, number, &known).await?,
        (None, Some(id)) => {
            tx.execute(
                "INSERT INTO group_people (group_id, person, account) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
                params![group.0, id.0, account],
            )
            .await?;
        }
        (None, None) => return Ok(Membership::NoSuchContact),
    }
    changed(tx, (account, contact), group, Action::ContactJoin, by, now).await
}

pub(crate) async fn leave(
    tx: &mut impl Tx,
    (account, contact): (AccountId, ContactRef),
    group: GroupId,
    by: Actor,
    now: Timestamp,
) -> Result<Membership> {
    lock(tx, account).await?;
    let Some(before) = find(tx, account, contact).await? else {
        return Ok(Membership::NoSuchContact);
    };
    let Some(list) = shown_list(tx, account, group).await? else {
        return Ok(Membership::NoSuchGroup);
    };
    if let Some(number) = before.number {
        take_out(tx, list, number).await?;
    } else if let Some(id) = before.id {
        tx.execute(
            "DELETE FROM group_people WHERE group_id = ?1 AND person = ?2 AND account = ?3",
            params![group.0, id.0, account],
        )
        .await?;
    }
    match changed(tx, (account, contact), group, Action::ContactLeave, by, now).await? {
        // It came with a file, and this was its last group: it is gone.
        Membership::NoSuchContact => {
            Ok(Membership::Done(FoundContact { groups: Vec::new(), ..before }))
        }
        done => Ok(done),
    }
}

/// Audits the change of a group.
async fn changed(
    tx: &mut impl Tx,
    (account, contact): (AccountId, ContactRef),
    group: GroupId,
    action: Action,
    by: Actor,
    now: Timestamp,
) -> Result<Membership> {
    tx.execute("UPDATE contact_groups SET updated_at = ?2 WHERE id = ?1", params![group.0, now])
        .await?;
    let found = find(tx, account, contact).await?;
    let person = found.as_ref().and_then(|found| found.id).map(|id| id.0);
    audit_change(tx, account, group.0, action, json!({ "person": person }), by, now).await?;
    Ok(found.map_or(Membership::NoSuchContact, Membership::Done))
}

pub(crate) async fn members(
    tx: &mut impl Tx,
    account: AccountId,
    group: GroupId,
    skip: u32,
    limit: u32,
) -> Result<Option<Vec<FoundContact>>> {
    let rows = tx
        .query(
            "SELECT g.list, l.contacts FROM contact_groups g JOIN contact_lists l ON l.id = g.list
             WHERE g.id = ?2 AND g.account = ?1",
            params![account, group.0],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let (list, numbers): (i64, u32) = (row.get()?, row.get()?);
    let mut rows = Vec::new();
    if skip < numbers {
        rows = tx
            .query(
                "SELECT p.id, c.number, CASE WHEN p.id IS NULL THEN c.name ELSE p.name END,
                     CASE WHEN p.id IS NULL THEN c.fields ELSE p.fields END
                 FROM (SELECT number, name, fields FROM contacts WHERE list = ?2
                     ORDER BY number LIMIT ?4 OFFSET ?3) c
                 LEFT JOIN people p ON p.account = ?1 AND p.number = c.number
                 ORDER BY c.number",
                params![account, list, skip, limit],
            )
            .await?;
    }
    let left = limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    if left > 0 {
        rows.extend(
            tx.query(
                "SELECT p.id, p.number, p.name, p.fields
                 FROM group_people m JOIN people p ON p.account = ?1 AND p.id = m.person
                 WHERE m.group_id = ?2 AND m.account = ?1
                 ORDER BY m.person LIMIT ?4 OFFSET ?3",
                params![account, group.0, skip.saturating_sub(numbers), left],
            )
            .await?,
        );
    }
    let known = rows.into_iter().map(Known::read).collect::<Result<Vec<_>>>()?;
    with_groups(tx, account, known).await.map(Some)
}
