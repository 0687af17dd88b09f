//! Events, newest first: those of an order by its chain of events, those of a campaign by its chain and its
//! callbacks, those of a received message by an index, and others by a bounded walk.

use domain::event::{Attempt, EventState, TargetKind};
use domain::id::{AccountId, EventId, InboundId, MessageId, OrderId};
use domain::ports::{EventSearch, EventSubject, EventsFound, FoundEvent, PortError};
use domain::time::Timestamp;
use uuid::Uuid;

use super::Budget;
use crate::rows::event::{NEVER, attempts_of, public_id};
use crate::tx::{Result, Row, Tx, params};

/// Where a search walks.
#[derive(Clone, Copy)]
enum Source {
    All,
    Order(OrderId),
    Inbound(Uuid),
    Campaign(Uuid),
    /// Calls of an account's callbacks.
    Callbacks(AccountId),
}

macro_rules! select_events {
    ($where:literal) => {
        concat!(
            "SELECT e.id, e.subject, e.subject_id, e.number,
                 coalesce(o.account, m.account, i.account, b.account),
                 e.target, coalesce(e.url, o.webhook_url, m.webhook_url, b.webhook_url), e.at, e.attempts, e.due_at, e.delivered,
                 e.ended_at
             FROM events e
             LEFT JOIN orders o ON e.subject = 'order' AND o.id = e.subject_id
             LEFT JOIN messages m ON e.subject = 'order' AND m.order_id = e.subject_id
                 AND m.order_kind IS NOT NULL
             LEFT JOIN inbound_messages i ON e.subject = 'inbound' AND i.id = e.subject_id
             LEFT JOIN bulk_messages b ON e.subject = 'campaign' AND b.message = e.subject_id
             WHERE ",
            $where
        )
    };
}

pub(crate) async fn event(tx: &mut impl Tx, id: EventId) -> Result<Option<FoundEvent>> {
    let rows = tx.query(select_events!("e.id = ?1"), params![id]).await?;
    rows.into_iter().next().map(read).transpose()
}

pub(crate) async fn event_with_attempts(
    tx: &mut impl Tx,
    id: EventId,
) -> Result<Option<(FoundEvent, Vec<Attempt>)>> {
    let Some(found) = event(tx, id).await? else { return Ok(None) };
    Ok(Some((found, attempts_of(tx, id).await?)))
}

pub(crate) async fn find_events(tx: &mut impl Tx, search: &EventSearch) -> Result<EventsFound> {
    let Some(source) = source(tx, search).await? else { return Ok(EventsFound::default()) };
    let limit = search.limit as usize;
    let (mut budget, mut found) = (Budget::new(search.limit), EventsFound::default());
    let mut before = search.before.unwrap_or(EventId(i64::MAX));
    loop {
        let step = budget.step();
        let events = walk(tx, source, before, step).await?;
        let looked_at = u32::try_from(events.len()).unwrap_or(u32::MAX);
        for event in events {
            if found.events.len() >= limit {
                return Ok(found);
            }
            before = event.id;
            found.next = Some(event.id);
            if fits(search, &event) {
                found.events.push(event);
            }
        }
        if looked_at < step {
            return Ok(EventsFound { next: None, ..found });
        }
        budget.spend(looked_at);
        if budget.left == 0 {
            return Ok(found);
        }
    }
}

/// `None` when the filters exclude each other.
async fn source(tx: &mut impl Tx, search: &EventSearch) -> Result<Option<Source>> {
    let Some(message) = search.message else {
        let of_account = search.account.filter(|_| search.target == Some(TargetKind::Callback));
        let all = of_account.map_or(Source::All, Source::Callbacks);
        return Ok(Some(search.order.map_or(all, Source::Order)));
    };
    let rows = tx.query("SELECT order_id FROM messages WHERE id = ?1", params![&message]).await?;
    let source = match rows.into_iter().next() {
        Some(mut row) => {
            row.get::<Option<OrderId>>()?.map_or(Source::Campaign(message), Source::Order)
        }
        None => Source::Inbound(message),
    };
    Ok(match (source, search.order) {
        (source, None) => Some(source),
        (Source::Order(order), Some(asked)) => (order == asked).then_some(Source::Order(order)),
        (_, Some(_)) => None,
    })
}

fn fits(search: &EventSearch, event: &FoundEvent) -> bool {
    search.account.is_none_or(|account| event.account == Some(account))
        && search.state.is_none_or(|state| event.state == state)
        && search.target.is_none_or(|target| event.target == target)
}

async fn walk(
    tx: &mut impl Tx,
    source: Source,
    before: EventId,
    limit: u32,
) -> Result<Vec<FoundEvent>> {
    let rows = match source {
        Source::All => {
            let sql = select_events!("e.id < ?1 ORDER BY e.id DESC LIMIT ?2");
            tx.query(sql, params![before, limit]).await?
        }
        Source::Callbacks(account) => {
            let sql = select_events!(
                "e.account = ?1 AND e.target = 'callback' AND e.id < ?2 ORDER BY e.id DESC LIMIT ?3"
            );
            tx.query(sql, params![account, before, limit]).await?
        }
        Source::Order(order) => {
            let sql = select_events!(
                "e.id < ?2 AND e.id IN (
                     WITH RECURSIVE chain (id) AS (
                         SELECT last_event FROM all_orders WHERE id = ?1
                         UNION ALL
                         SELECT p.previous FROM events p JOIN chain c ON p.id = c.id
                         WHERE p.previous IS NOT NULL
                     )
                     SELECT id FROM chain
                 )
                 ORDER BY e.id DESC LIMIT ?3"
            );
            tx.query(sql, params![&order, before, limit]).await?
        }
        Source::Campaign(message) => {
            let sql = select_events!(
                "e.id < ?2 AND e.id IN (
                     WITH RECURSIVE chain (id) AS (
                         SELECT last_event FROM bulk_messages WHERE message = ?1
                         UNION ALL
                         SELECT p.previous FROM events p JOIN chain c ON p.id = c.id
                         WHERE p.previous IS NOT NULL
                     )
                     SELECT id FROM chain UNION ALL SELECT id FROM (
                         SELECT id FROM events
                         WHERE target = 'callback' AND subject_id = ?1 AND id < ?2
                         ORDER BY id DESC LIMIT ?3
                     ) AS callbacks
                 )
                 ORDER BY e.id DESC LIMIT ?3"
            );
            tx.query(sql, params![&message, before, limit]).await?
        }
        Source::Inbound(message) => {
            let sql = select_events!(
                "e.subject = 'inbound' AND e.subject_id = ?1 AND e.id < ?2
                 ORDER BY e.id DESC LIMIT ?3"
            );
            tx.query(sql, params![&message, before, limit]).await?
        }
    };
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<FoundEvent> {
    let id = row.get()?;
    let kind_of_subject: String = row.get()?;
    let subject_id: Vec<u8> = row.get()?;
    let number = row.get()?;
    let unreadable = || PortError::Refused("unreadable column: subject_id".to_owned());
    let uuid = || Uuid::from_slice(&subject_id).map_err(|_| unreadable());
    let subject = match kind_of_subject.as_str() {
        "order" => EventSubject::Order(OrderId::from_slice(&subject_id).map_err(|_| unreadable())?),
        "campaign" => EventSubject::Campaign(MessageId(uuid()?)),
        _ => EventSubject::Inbound(InboundId(uuid()?)),
    };
    let (account, target, url) = (row.get()?, row.get()?, row.get()?);
    let at = row.get()?;
    let (attempts, due_at): (_, Timestamp) = (row.get()?, row.get()?);
    let state = match row.get::<Option<i64>>()? {
        None => EventState::Pending,
        Some(0) => EventState::Failed,
        Some(_) => EventState::Delivered,
    };
    let ended_at: Option<Timestamp> = row.get()?;
    let ended_at = ended_at.filter(|_| state != EventState::Pending);
    let event = public_id(&subject_id, number, at);
    let due_at = (state == EventState::Pending && due_at != NEVER).then_some(due_at);
    Ok(FoundEvent {
        id,
        event,
        subject,
        number,
        account,
        target,
        url,
        at,
        state,
        attempts,
        due_at,
        ended_at,
    })
}
