//! Sender names, by the rules of [`domain::sender`].

use domain::account::operator::{Action, Actor};
use domain::account::sender::{Decision, Sender, SenderEvent, SenderState, next};
use domain::id::{AccountId, SenderNumber};
use domain::limits::SENDERS_PER_ACCOUNT_MAX;
use domain::number::SenderId;
use domain::ports::{PortError, SenderList};
use domain::time::Timestamp;
use serde_json::json;

use crate::rows::account::audit::{self, NewAuditEntry};
use crate::rows::account::lock;
use crate::tx::{Result, Row, Tx, params};

const ILLEGAL: &str = "the sender name is not in a state for this";

pub(crate) async fn add(
    tx: &mut impl Tx,
    account: AccountId,
    name: &SenderId,
    by: Actor,
    now: Timestamp,
) -> Result<Sender> {
    let sender = request(tx, account, name, by, now).await?;
    match sender.state {
        SenderState::Approved => Ok(sender),
        _ => change(tx, sender, SenderEvent::Approve, None, by, now).await,
    }
}

pub(crate) async fn request(
    tx: &mut impl Tx,
    account: AccountId,
    name: &SenderId,
    by: Actor,
    now: Timestamp,
) -> Result<Sender> {
    lock(tx, account).await?;
    let rows = tx
        .query(
            "SELECT id, account, name, state, shared, decided_by, note, decided_at, created_at
             FROM senders WHERE account = ?1 AND name = ?2 FOR UPDATE",
            params![account, name.as_str()],
        )
        .await?;
    if let Some(sender) = rows.into_iter().next().map(read).transpose()? {
        return match sender.state {
            SenderState::Requested | SenderState::Approved => Ok(sender),
            SenderState::Rejected | SenderState::Withdrawn => {
                change(tx, sender, SenderEvent::Request, None, by, now).await
            }
        };
    }
    insert(tx, account, name, by, now).await
}

async fn insert(
    tx: &mut impl Tx,
    account: AccountId,
    name: &SenderId,
    by: Actor,
    now: Timestamp,
) -> Result<Sender> {
    let rows =
        tx.query("SELECT count(*) FROM senders WHERE account = ?1", params![account]).await?;
    let count: u32 = rows.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    if count >= SENDERS_PER_ACCOUNT_MAX {
        return Err(PortError::Refused("the account has too many sender names".to_owned()));
    }
    let state = SenderState::Requested;
    let rows = tx
        .query(
            "INSERT INTO senders
                 (account, name, state, shared, decided_by, decided_at, created_at)
             VALUES (?1, ?2, ?3, 0, ?4, ?5, ?5) RETURNING id",
            params![account, name.as_str(), state.as_str(), &by.to_string(), now],
        )
        .await?;
    let id = rows.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    let sender = Sender {
        number: SenderNumber(id),
        account,
        name: name.clone(),
        state,
        shared: false,
        decided: Decision { by, note: None, at: now },
        created_at: now,
    };
    let detail = json!({ "name": name.as_str(), "after": state.as_str() });
    audit_change(tx, &sender, Action::SenderRequest, detail, by, now).await?;
    Ok(sender)
}

pub(crate) async fn decide(
    tx: &mut impl Tx,
    number: SenderNumber,
    event: SenderEvent,
    note: Option<&str>,
    by: Actor,
    now: Timestamp,
) -> Result<Option<Sender>> {
    let Some(sender) = locked(tx, number).await? else { return Ok(None) };
    if sender.state == after(event) {
        return Ok(Some(sender));
    }
    change(tx, sender, event, note, by, now).await.map(Some)
}

/// The state after the event.
const fn after(event: SenderEvent) -> SenderState {
    match event {
        SenderEvent::Request => SenderState::Requested,
        SenderEvent::Approve => SenderState::Approved,
        SenderEvent::Reject => SenderState::Rejected,
        SenderEvent::Withdraw => SenderState::Withdrawn,
    }
}

async fn change(
    tx: &mut impl Tx,
    mut sender: Sender,
    event: SenderEvent,
    note: Option<&str>,
    by: Actor,
    now: Timestamp,
) -> Result<Sender> {
    let before = sender.state;
    sender.state = next(before, event).map_err(|_| PortError::Conflict(ILLEGAL.to_owned()))?;
    sender.decided = Decision { by, note: note.map(str::to_owned), at: now };
    tx.execute(
        "UPDATE senders SET state = ?2, decided_by = ?3, note = ?4, decided_at = ?5 WHERE id = ?1",
        params![sender.number.0, sender.state.as_str(), &by.to_string(), note, now],
    )
    .await?;
    let action = match event {
        SenderEvent::Request => Action::SenderRequest,
        SenderEvent::Approve => Action::SenderApprove,
        SenderEvent::Reject => Action::SenderReject,
        SenderEvent::Withdraw => Action::SenderWithdraw,
    };
    let name = sender.name.as_str();
    let (before, after) = (before.as_str(), sender.state.as_str());
    let detail = json!({ "name": name, "before": before, "after": after, "note": note });
    audit_change(tx, &sender, action, detail, by, now).await?;
    Ok(sender)
}

pub(crate) async fn share(
    tx: &mut impl Tx,
    number: SenderNumber,
    shared: bool,
    by: Actor,
    now: Timestamp,
) -> Result<Option<Sender>> {
    let Some(mut sender) = locked(tx, number).await? else { return Ok(None) };
    if sender.shared != shared {
        sender.shared = shared;
        tx.execute(
            "UPDATE senders SET shared = ?2 WHERE id = ?1",
            params![number.0, i64::from(shared)],
        )
        .await?;
        let action = if shared { Action::SenderShare } else { Action::SenderUnshare };
        let detail = json!({ "name": sender.name.as_str() });
        audit_change(tx, &sender, action, detail, by, now).await?;
    }
    Ok(Some(sender))
}

async fn audit_change(
    tx: &mut impl Tx,
    sender: &Sender,
    action: Action,
    detail: serde_json::Value,
    by: Actor,
    now: Timestamp,
) -> Result<()> {
    let on = sender.number.0.to_string();
    let entry = NewAuditEntry { action, account: Some(sender.account), on: &on, detail };
    audit::write(tx, entry, by, now).await
}

async fn locked(tx: &mut impl Tx, number: SenderNumber) -> Result<Option<Sender>> {
    let rows = tx
        .query(
            "SELECT id, account, name, state, shared, decided_by, note, decided_at, created_at
             FROM senders WHERE id = ?1 FOR UPDATE",
            params![number.0],
        )
        .await?;
    rows.into_iter().next().map(read).transpose()
}

pub(crate) async fn of_account(tx: &mut impl Tx, account: AccountId) -> Result<Vec<Sender>> {
    let own = tx
        .query(
            "SELECT id, account, name, state, shared, decided_by, note, decided_at, created_at
             FROM senders WHERE account = ?1 ORDER BY name",
            params![account],
        )
        .await?;
    let shared = tx
        .query(
            "SELECT id, account, name, state, shared, decided_by, note, decided_at, created_at
             FROM senders WHERE shared = 1 AND state = 'approved' AND account <> ?1
             ORDER BY name, id LIMIT ?2",
            params![account, SENDERS_PER_ACCOUNT_MAX],
        )
        .await?;
    let mut all = own.into_iter().chain(shared).map(read).collect::<Result<Vec<_>>>()?;
    all.sort_by(|a, b| (a.name.as_str(), a.number).cmp(&(b.name.as_str(), b.number)));
    Ok(all)
}

pub(crate) async fn list(tx: &mut impl Tx, list: &SenderList) -> Result<Vec<Sender>> {
    let account = list.account.map_or(0, |account| account.0);
    let state = list.state.map_or("", SenderState::as_str);
    let after = list.after.map_or(0, |after| after.0);
    let rows = tx
        .query(
            "SELECT id, account, name, state, shared, decided_by, note, decided_at, created_at
             FROM senders WHERE id > ?1 AND (?2 = 0 OR account = ?2) AND (?3 = '' OR state = ?3)
             ORDER BY id LIMIT ?4",
            params![after, account, state, list.limit],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

pub(crate) async fn state(
    tx: &mut impl Tx,
    account: AccountId,
    name: &SenderId,
) -> Result<Option<SenderState>> {
    let rows = tx
        .query(
            "SELECT state, 0 AS others FROM senders WHERE account = ?1 AND name = ?2
             UNION ALL
             SELECT state, 1 FROM senders
             WHERE shared = 1 AND name = ?2 AND state = 'approved' AND account <> ?1
             ORDER BY 2",
            params![account, name.as_str()],
        )
        .await?;
    let states = rows.into_iter().map(|mut row| row.get()).collect::<Result<Vec<SenderState>>>()?;
    let approved = states.iter().find(|state| **state == SenderState::Approved);
    Ok(approved.or(states.first()).copied())
}

fn read(mut row: Row) -> Result<Sender> {
    Ok(Sender {
        number: SenderNumber(row.get()?),
        account: row.get()?,
        name: row.get()?,
        state: row.get()?,
        shared: row.get::<i64>()? == 1,
        decided: Decision { by: row.get()?, note: row.get()?, at: row.get()? },
        created_at: row.get()?,
    })
}
