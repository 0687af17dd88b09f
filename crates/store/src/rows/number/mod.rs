//! Numbers of ours: those which operators add, and those which the configuration file declares.

mod declare;

use domain::account::operator::{Action, Actor};
use domain::inbound::Party;
use domain::limits::NUMBERS_MAX;
use domain::number::own::{
    Abilities, Line, NumberChange, NumberOrigin, NumberState, NumberTerms, OwnNumber,
};
use domain::ports::{Changed, NumberList, PortError};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use serde_json::{Value as Json, json};

use super::account::audit::{self, NewAuditEntry};
use crate::tx::{Result, Row, Tx, params};

pub(crate) use declare::declare;

/// Rows as [`read`] takes them.
macro_rules! select_numbers {
    ($which:literal) => {
        concat!(
            "SELECT number, country, receives, sends, lends, rents, sells_keywords, carrier, phone, account,
                 webhook_url, help, keywords, state, origin, created_at, updated_at
             FROM numbers ",
            $which
        )
    };
}

pub(crate) async fn add(
    tx: &mut impl Tx,
    number: &Party,
    terms: &NumberTerms,
    by: Actor,
    now: Timestamp,
) -> Result<OwnNumber> {
    let rows = tx.query("SELECT count(*) FROM numbers", []).await?;
    let count: u32 = rows.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    if count >= NUMBERS_MAX {
        return Err(PortError::Refused("there are too many numbers".to_owned()));
    }
    let new = OwnNumber {
        number: number.clone(),
        terms: terms.clone(),
        state: NumberState::Active,
        origin: NumberOrigin::Admin,
        created_at: now,
        updated_at: now,
    };
    if !insert(tx, &new).await? {
        return Err(PortError::Conflict("the number is there already".to_owned()));
    }
    let detail = json!({ "after": view(&new) });
    note(tx, &new, Action::NumberAdd, detail, by, now).await?;
    Ok(new)
}

pub(crate) async fn set(
    tx: &mut impl Tx,
    number: &Party,
    terms: &NumberTerms,
    by: Actor,
    now: Timestamp,
) -> Result<NumberChange> {
    let Some(before) = find_to_change(tx, number).await? else {
        return Ok(NumberChange::NoSuchNumber);
    };
    if before.origin == NumberOrigin::File {
        return Ok(NumberChange::OfFile);
    }
    let origin = NumberOrigin::Admin;
    change(tx, before.clone(), OwnNumber { terms: terms.clone(), origin, ..before }, by, now).await
}

pub(crate) async fn set_state(
    tx: &mut impl Tx,
    number: &Party,
    state: NumberState,
    by: Actor,
    now: Timestamp,
) -> Result<NumberChange> {
    let Some(before) = find_to_change(tx, number).await? else {
        return Ok(NumberChange::NoSuchNumber);
    };
    change(tx, before.clone(), OwnNumber { state, ..before }, by, now).await
}

async fn change(
    tx: &mut impl Tx,
    before: OwnNumber,
    after: OwnNumber,
    by: Actor,
    now: Timestamp,
) -> Result<NumberChange> {
    if before == after {
        return Ok(NumberChange::Done(after));
    }
    let after = OwnNumber { updated_at: now, ..after };
    update(tx, &after).await?;
    let detail = json!({ "before": view(&before), "after": view(&after) });
    note(tx, &after, Action::NumberChange, detail, by, now).await?;
    Ok(NumberChange::Done(after))
}

pub(crate) async fn remove(
    tx: &mut impl Tx,
    number: &Party,
    by: Actor,
    now: Timestamp,
) -> Result<NumberChange> {
    let Some(before) = find_to_change(tx, number).await? else {
        return Ok(NumberChange::NoSuchNumber);
    };
    if before.origin == NumberOrigin::File {
        return Ok(NumberChange::OfFile);
    }
    tx.execute("DELETE FROM numbers WHERE number = ?1", params![number.as_str()]).await?;
    let detail = json!({ "before": view(&before) });
    note(tx, &before, Action::NumberRemove, detail, by, now).await?;
    Ok(NumberChange::Done(before))
}

/// Audits a change, and notifies other nodes.
async fn note(
    tx: &mut impl Tx,
    number: &OwnNumber,
    action: Action,
    detail: Json,
    by: Actor,
    now: Timestamp,
) -> Result<()> {
    tx.notify(Changed { numbers: true, ..Changed::default() });
    let (account, on) = (number.terms.account, number.number.as_str());
    audit::write(tx, NewAuditEntry { action, account, on, detail }, by, now).await
}

/// For the audit log: without texts.
fn view(number: &OwnNumber) -> Json {
    let OwnNumber { terms, state, origin, .. } = number;
    let Abilities { receive, send, lend, rent, keywords } = terms.can;
    let (carrier, phone) = line(terms);
    json!({
        "country": terms.country.map(|country| country.to_string()),
        "receives": receive,
        "sends": send,
        "lends": lend,
        "rents": rent,
        "sellsKeywords": keywords,
        "carrier": carrier,
        "phone": phone,
        "account": terms.account.map(|account| account.0),
        "webhook": terms.webhook_url.is_some(),
        "help": terms.help.is_some(),
        "keywords": terms.keywords,
        "state": state.as_str(),
        "origin": origin.as_str(),
    })
}

fn line(terms: &NumberTerms) -> (Option<&str>, Option<i64>) {
    match &terms.line {
        None => (None, None),
        Some(Line::Carrier(name)) => (Some(name.as_str()), None),
        Some(Line::Phone(id)) => (None, Some(*id)),
    }
}

/// One phrase a line.
fn stored_keywords(terms: &NumberTerms) -> Option<String> {
    (!terms.keywords.is_empty()).then(|| terms.keywords.join("\n"))
}

/// False when it exists already.
async fn insert(tx: &mut impl Tx, new: &OwnNumber) -> Result<bool> {
    let OwnNumber { number, terms, state, origin, created_at, updated_at } = new;
    let country = terms.country.map(|country| country.to_string());
    let Abilities { receive, send, lend, rent, keywords: sells_keywords } = terms.can;
    let (carrier, phone) = line(terms);
    let keywords = stored_keywords(terms);
    tx.execute(
        "INSERT INTO numbers (number, country, receives, sends, lends, carrier, phone, account,
             webhook_url, help, keywords, state, origin, created_at, updated_at, sells_keywords,
             rents)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
         ON CONFLICT (number) DO NOTHING",
        params![
            number.as_str(),
            country.as_deref(),
            i64::from(receive),
            i64::from(send),
            i64::from(lend),
            carrier,
            phone,
            terms.account,
            terms.webhook_url.as_deref(),
            terms.help.as_ref().map(|help| help.as_str()),
            keywords.as_deref(),
            state.as_str(),
            origin.as_str(),
            *created_at,
            *updated_at,
            i64::from(sells_keywords),
            i64::from(rent),
        ],
    )
    .await
    .map(|rows| rows > 0)
}

async fn update(tx: &mut impl Tx, changed: &OwnNumber) -> Result<()> {
    let OwnNumber { number, terms, state, origin, updated_at, .. } = changed;
    let country = terms.country.map(|country| country.to_string());
    let Abilities { receive, send, lend, rent, keywords: sells_keywords } = terms.can;
    let (carrier, phone) = line(terms);
    let keywords = stored_keywords(terms);
    tx.execute(
        "UPDATE numbers SET country = ?2, receives = ?3, sends = ?4, lends = ?5, carrier = ?6,
             phone = ?7, account = ?8, webhook_url = ?9, help = ?10, keywords = ?11, state = ?12,
             origin = ?13, updated_at = ?14, sells_keywords = ?15, rents = ?16
         WHERE number = ?1",
        params![
            number.as_str(),
            country.as_deref(),
            i64::from(receive),
            i64::from(send),
            i64::from(lend),
            carrier,
            phone,
            terms.account,
            terms.webhook_url.as_deref(),
            terms.help.as_ref().map(|help| help.as_str()),
            keywords.as_deref(),
            state.as_str(),
            origin.as_str(),
            *updated_at,
            i64::from(sells_keywords),
            i64::from(rent),
        ],
    )
    .await
    .map(drop)
}

pub(crate) async fn find(tx: &mut impl Tx, number: &Party) -> Result<Option<OwnNumber>> {
    let rows = tx.query(select_numbers!("WHERE number = ?1"), params![number.as_str()]).await?;
    rows.into_iter().next().map(read).transpose()
}

pub(crate) async fn find_to_change(tx: &mut impl Tx, number: &Party) -> Result<Option<OwnNumber>> {
    let rows =
        tx.query(select_numbers!("WHERE number = ?1 FOR UPDATE"), params![number.as_str()]).await?;
    rows.into_iter().next().map(read).transpose()
}

pub(crate) async fn list(tx: &mut impl Tx, list: &NumberList) -> Result<Vec<OwnNumber>> {
    let after = list.after.as_ref().map_or("", |after| after.as_str());
    let account = list.account.map_or(0, |account| account.0);
    let rows = tx
        .query(
            select_numbers!(
                "WHERE number > ?1 AND (?2 = 0 OR account = ?2) ORDER BY number LIMIT ?3"
            ),
            params![after, account, list.limit],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<OwnNumber> {
    let (number, country): (String, _) = (row.get()?, row.get()?);
    let mut able = || row.get::<u8>().map(|able| able != 0);
    let can = Abilities {
        receive: able()?,
        send: able()?,
        lend: able()?,
        rent: able()?,
        keywords: able()?,
    };
    let (carrier, phone): (Option<String>, Option<i64>) = (row.get()?, row.get()?);
    let carrier = carrier.map(|name| Line::Carrier(CarrierName::new(&name)));
    let (account, webhook_url) = (row.get()?, row.get()?);
    let (help, keywords): (Option<String>, Option<String>) = (row.get()?, row.get()?);
    Ok(OwnNumber {
        number: Party::new(number),
        terms: NumberTerms {
            country,
            can,
            line: carrier.or(phone.map(Line::Phone)),
            account,
            webhook_url,
            help: help.map(Into::into),
            keywords: keywords.iter().flat_map(|all| all.lines()).map(str::to_owned).collect(),
        },
        state: row.get()?,
        origin: row.get()?,
        created_at: row.get()?,
        updated_at: row.get()?,
    })
}
