//! Blocked numbers. Scope 0 is everybody; account ids start at 1.

mod keywords;
mod lookup;

use domain::account::blocklist::{BlockEntry, BlockProof, BlockScope, Said};
use domain::account::operator::{Action, Actor};
use domain::id::{AccountId, InboundId};
use domain::inbound::Party;
use domain::limits::BLOCKS_BATCH_MAX;
use domain::number::Msisdn;
use domain::ports::{BlockList, PortError};
use domain::routing::CarrierName;
use domain::text::Text;
use domain::time::Timestamp;
use serde_json::{Value as Json, json};

pub(crate) use self::keywords::obey;
pub(crate) use self::lookup::{blocked, blocked_pairs, is_anybody_blocked};
use crate::rows::account::audit::{self, NewAuditEntry};
use crate::rows::account::must_exist;
use crate::tx::{Result, Row, Tx, params};

pub(crate) fn stored(scope: BlockScope) -> i64 {
    scope.account().map_or(0, |account| account.0)
}

pub(crate) fn digits(number: Msisdn) -> i64 {
    i64::try_from(number.digits()).unwrap_or(i64::MAX)
}

pub(crate) async fn add(
    tx: &mut impl Tx,
    scope: BlockScope,
    numbers: &[Msisdn],
    proof: &BlockProof,
    now: Timestamp,
) -> Result<u32> {
    check(numbers)?;
    if let Some(account) = scope.account() {
        must_exist(tx, account).await?;
    }
    let by = proof.by.to_string();
    let keyword = proof.keyword.as_ref();
    let (word, inbound) = (keyword.map(|(word, _)| word.as_str()), keyword.map(|(_, id)| id));
    let note = proof.note.as_deref();
    let said = proof.said.as_ref();
    let text = said.map(|said| said.text.as_str());
    let (to, carrier) = (said.map(|said| said.to.as_str()), said.map(|said| said.carrier.as_str()));
    let rows: Vec<_> = numbers
        .iter()
        .map(|number| {
            let number = digits(*number);
            params![stored(scope), number, &by, word, inbound, note, now, text, to, carrier]
        })
        .collect();
    let added = tx
        .execute_many(
            "INSERT INTO blocks (scope, number, blocked_by, keyword, inbound, note, at, said,
                 said_to, said_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (scope, number) DO NOTHING",
            &rows,
        )
        .await?;
    let detail = json!({ "keyword": word, "inbound": inbound, "note": note });
    audit_change(tx, scope, &changed(numbers, &added), Action::BlockAdd, detail, proof.by, now)
        .await
}

pub(crate) async fn remove(
    tx: &mut impl Tx,
    scope: BlockScope,
    numbers: &[Msisdn],
    by: Actor,
    now: Timestamp,
) -> Result<u32> {
    check(numbers)?;
    let rows: Vec<_> =
        numbers.iter().map(|number| params![stored(scope), digits(*number)]).collect();
    let gone =
        tx.execute_many("DELETE FROM blocks WHERE scope = ?1 AND number = ?2", &rows).await?;
    audit_change(tx, scope, &changed(numbers, &gone), Action::BlockRemove, json!({}), by, now).await
}

fn check(numbers: &[Msisdn]) -> Result<()> {
    let too_many = || PortError::Refused("too many numbers at once".to_owned());
    (numbers.len() <= BLOCKS_BATCH_MAX).then_some(()).ok_or_else(too_many)
}

fn changed(numbers: &[Msisdn], counts: &[u64]) -> Vec<Msisdn> {
    let pairs = numbers.iter().zip(counts);
    pairs.filter(|(_, count)| **count > 0).map(|(number, _)| *number).collect()
}

/// One audit entry for all numbers, which are in its detail.
pub(crate) async fn audit_change(
    tx: &mut impl Tx,
    scope: BlockScope,
    numbers: &[Msisdn],
    action: Action,
    mut detail: Json,
    by: Actor,
    now: Timestamp,
) -> Result<u32> {
    let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    let on = match numbers {
        [] => return Ok(0),
        [number] => number.digits().to_string(),
        many => format!("{} numbers", many.len()),
    };
    if numbers.len() > 1 {
        detail["numbers"] = numbers.iter().map(|number| number.digits()).collect();
    }
    let entry = NewAuditEntry { action, account: scope.account(), on: &on, detail };
    audit::write(tx, entry, by, now).await?;
    Ok(count)
}

pub(crate) async fn list(tx: &mut impl Tx, list: &BlockList) -> Result<Vec<BlockEntry>> {
    let (scope, number) = list.after.map_or((0, 0), |(scope, at)| (stored(scope), digits(at)));
    let rows = match (list.scope, list.number) {
        (None, None) => {
            tx.query(
                "SELECT scope, number, blocked_by, keyword, inbound, note, said, said_to, said_by, at
                 FROM blocks
                 WHERE (scope, number) > (?1, ?2) ORDER BY scope, number LIMIT ?3",
                params![scope, number, list.limit],
            )
            .await?
        }
        (Some(of), None) => {
            let number = if stored(of) < scope { i64::MAX } else { number };
            let number = if stored(of) > scope { 0 } else { number };
            tx.query(
                "SELECT scope, number, blocked_by, keyword, inbound, note, said, said_to, said_by, at
                 FROM blocks
                 WHERE scope = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
                params![stored(of), number, list.limit],
            )
            .await?
        }
        (of, Some(wanted)) => {
            tx.query(
                "SELECT scope, number, blocked_by, keyword, inbound, note, said, said_to, said_by, at
                 FROM blocks
                 WHERE number = ?3 AND (?4 = -1 OR scope = ?4) AND (scope, number) > (?1, ?2)
                 ORDER BY scope LIMIT ?5",
                params![scope, number, digits(wanted), of.map_or(-1, stored), list.limit],
            )
            .await?
        }
    };
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<BlockEntry> {
    let scope: i64 = row.get()?;
    let number = row.get()?;
    let by = row.get()?;
    let word: Option<String> = row.get()?;
    let inbound: Option<InboundId> = row.get()?;
    let note = row.get()?;
    let (text, to): (Option<String>, Option<String>) = (row.get()?, row.get()?);
    let carrier: Option<String> = row.get()?;
    let said = text.zip(to).zip(carrier).map(|((text, to), carrier)| Said {
        text: Text::from(text),
        to: Party::new(to),
        carrier: CarrierName::new(&carrier),
    });
    let proof = BlockProof { by, keyword: word.zip(inbound), said, note };
    let account = (scope != 0).then_some(AccountId(scope));
    Ok(BlockEntry { scope: BlockScope::of(account), number, proof, at: row.get()? })
}
