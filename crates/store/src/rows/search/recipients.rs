//! Recipients of all messages, by number, account, state and time. A message is read by ranges of
//! indices: from rows, and from packs.

use domain::id::MessageId;
use domain::message::campaign::BulkRecipient;
use domain::ports::{FoundMessage, FoundRecipient, RecipientSearch, RecipientsFound};

use super::messages::walk;
use super::{Budget, Ids};
use crate::rows::campaign::{self, Run};
use crate::tx::{Result, Row, Tx, Value, params};

/// Reading a message costs as much as this many recipients.
const MESSAGE_COST: u32 = 5;

/// Position of a search: an index in the newest message that is left.
struct Walk {
    ids: Ids,
    index: u32,
}

impl Walk {
    fn new(search: &RecipientSearch) -> Self {
        let mut ids = Ids::of(search.period);
        if let Some(MessageId(id)) = search.message {
            let id = id.as_u128();
            ids = Ids { first: ids.first.max(id), last: ids.last.min(id) };
        }
        let index = match search.at {
            Some((MessageId(at), index)) => {
                ids = ids.until(at.as_u128());
                // The message of the position may have been deleted; then the next one is read from
                // its beginning.
                index
            }
            None => 0,
        };
        Self { ids, index }
    }
}

/// A message, and the range to read of it.
struct Part {
    message: FoundMessage,
    run: Run,
}

pub(crate) async fn find_recipients(
    tx: &mut impl Tx,
    search: &RecipientSearch,
) -> Result<RecipientsFound> {
    let (mut at, limit) = (Walk::new(search), search.limit as usize);
    let (mut budget, mut found) = (Budget::new(search.limit), Vec::new());
    loop {
        let step = budget.step();
        let asked = step.div_ceil(MESSAGE_COST);
        let messages = walk(tx, at.ids, asked).await?;
        let ended = u32::try_from(messages.len()).unwrap_or(u32::MAX) < asked;
        let oldest = messages.last().map(|message| message.id).filter(|_| ended);
        let (parts, looked_at, next) = divide(search, &at, messages, step);
        let next = match next {
            Next::After(message) if Some(message) == oldest => Next::Nothing,
            next => next,
        };
        budget.spend(looked_at);
        for recipient in look_through(tx, search, parts).await? {
            if found.len() == limit {
                // Beyond the page: the next page begins with it.
                let next = Some((recipient.message, recipient.recipient.index));
                return Ok(RecipientsFound { recipients: found, next });
            }
            found.push(recipient);
        }
        match next {
            Next::Index(message, index) => at = Walk { ids: at.ids.until(message), index },
            Next::After(message) => at = Walk { ids: at.ids.before(message), index: 0 },
            Next::Nothing => return Ok(RecipientsFound { recipients: found, next: None }),
        }
        if budget.left == 0 {
            let (_, last) = at.ids.bounds();
            return Ok(RecipientsFound { recipients: found, next: Some((last, at.index)) });
        }
    }
}

/// Where the walk continues.
#[derive(Clone, Copy)]
enum Next {
    Index(u128, u32),
    After(MessageId),
    Nothing,
}

/// Splits a step's share of messages into ranges; returns its cost, and where the walk continues.
fn divide(
    search: &RecipientSearch,
    at: &Walk,
    messages: Vec<FoundMessage>,
    step: u32,
) -> (Vec<Part>, u32, Next) {
    let (mut parts, mut left) = (Vec::new(), step);
    let mut next = Next::Nothing;
    for message in messages {
        if left == 0 {
            break;
        }
        let stood_here = message.id.0.as_u128() == at.ids.last;
        let first = if stood_here { at.index } else { 0 };
        next = Next::After(message.id);
        if search.account.is_some_and(|account| message.account != Some(account)) {
            left -= 1;
            continue;
        }
        let end = first.saturating_add(left).min(message.recipients);
        left = left.saturating_sub(end.saturating_sub(first).max(MESSAGE_COST));
        let id = message.id;
        if end < message.recipients {
            next = Next::Index(id.0.as_u128(), end);
        }
        let (is_campaign, created_at) = (message.order.is_none(), message.created_at);
        let run = Run { message: id, first, end, is_campaign, created_at };
        parts.push(Part { message, run });
    }
    (parts, step - left, next)
}

async fn look_through(
    tx: &mut impl Tx,
    search: &RecipientSearch,
    parts: Vec<Part>,
) -> Result<Vec<FoundRecipient>> {
    let address = search.number.map_or(String::new(), |number| number.digits().to_string());
    let (of_campaigns, of_orders): (Vec<_>, Vec<_>) =
        parts.iter().map(|part| part.run).partition(|run| run.is_campaign);
    let mut stored = rows_of_campaigns(tx, search, &address, &of_campaigns).await?.into_iter();
    let mut ordered = rows_of_orders(tx, search, &address, &of_orders).await?.into_iter();
    let mut packed = campaign::packed(tx, &of_campaigns).await?.into_iter();
    let fits = |recipient: &BulkRecipient| {
        (address.is_empty() || recipient.address == address)
            && search.state.is_none_or(|state| recipient.state == state)
    };
    let mut found = Vec::new();
    for Part { message, run } in parts {
        let rows = if run.is_campaign { stored.next() } else { ordered.next() };
        let rows = rows.unwrap_or_default().into_iter();
        let mut of_one = rows.map(read).collect::<Result<Vec<_>>>()?;
        if run.is_campaign {
            of_one.extend(packed.next().unwrap_or_default().into_iter().filter(fits));
        }
        of_one.sort_unstable_by_key(|recipient| recipient.index);
        let FoundMessage { id, order, account, created_at, .. } = message;
        let told =
            |recipient| FoundRecipient { message: id, order, account, created_at, recipient };
        found.extend(of_one.into_iter().map(told));
    }
    Ok(found)
}

/// The parameters for each range.
fn rows_of<'a>(search: &RecipientSearch, address: &'a str, runs: &'a [Run]) -> Vec<[Value<'a>; 6]> {
    let state = search.state.map_or("", |state| state.as_str());
    let most = search.limit.saturating_add(1);
    let row = |run: &'a Run| params![&run.message, run.first, run.end, address, state, most];
    runs.iter().map(row).collect()
}

/// For recipients that wait for a retry, the row may show the previous try.
async fn rows_of_campaigns(
    tx: &mut impl Tx,
    search: &RecipientSearch,
    address: &str,
    runs: &[Run],
) -> Result<Vec<Vec<Row>>> {
    let rows = rows_of(search, address, runs);
    tx.query_many(
        concat!(
            "SELECT idx, address, state, reason, code, price, updated_at FROM (",
            crate::rows::campaign::missed_runs::shown_recipients!(),
            " AND (?4 = '' OR r.address = ?4)) seen
             WHERE ?5 = '' OR state = ?5
             ORDER BY idx LIMIT ?6"
        ),
        &rows,
    )
    .await
}

async fn rows_of_orders(
    tx: &mut impl Tx,
    search: &RecipientSearch,
    address: &str,
    runs: &[Run],
) -> Result<Vec<Vec<Row>>> {
    let rows = rows_of(search, address, runs);
    // The limit keeps PostgreSQL from joining all of them with the whole table.
    tx.query_many(
        "SELECT idx, address, state, reason, code, price, updated_at FROM all_recipients
         WHERE message = ?1 AND idx >= ?2 AND idx < ?3
             AND (?4 = '' OR address = ?4) AND (?5 = '' OR state = ?5)
         ORDER BY idx LIMIT ?6",
        &rows,
    )
    .await
}

fn read(mut row: Row) -> Result<BulkRecipient> {
    Ok(BulkRecipient {
        index: row.get()?,
        address: row.get()?,
        state: row.get()?,
        reason: row.get()?,
        code: row.get()?,
        price: row.get()?,
        updated_at: row.get()?,
    })
}
