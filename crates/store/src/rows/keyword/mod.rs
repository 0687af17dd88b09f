//! Keywords that accounts have on numbers. What a period costs is booked in the change that stores it.

mod buy;
mod change;
mod check;
mod owners;
mod renew;
mod replies;

use domain::id::KeywordId;
use domain::inbound::Party;
use domain::inbound::keyword::Word;
use domain::inbound::sold_keyword::SoldKeyword;
use domain::money::Msat;
use domain::ports::KeywordList;
use domain::sale::ledger::TransferKind;
use domain::text::Text;
use domain::time::Timestamp;

use crate::rows::ledger;
use crate::tx::{Result, Row, Tx, params};

pub(crate) use buy::buy;
pub(crate) use change::{change, end};
pub(crate) use check::wrong;
pub(crate) use owners::{KeywordOwner, owners};
pub(crate) use renew::{due, renew};
pub(crate) use replies::{add as add_reply, due as due_replies, end as end_reply, forget_replies};

/// Rows as [`read`] takes them.
macro_rules! select_keywords {
    ($which:literal) => {
        concat!(
            "SELECT id, number, word, account, price, bought_at, paid_until, periods, renews,
                 reply, ended_at, ended_by
             FROM sold_keywords ",
            $which
        )
    };
}
use select_keywords;

fn read(mut row: Row) -> Result<SoldKeyword> {
    Ok(SoldKeyword {
        id: row.get()?,
        number: Party::new(row.get::<String>()?),
        word: row.get()?,
        account: row.get()?,
        price: row.get()?,
        bought_at: row.get()?,
        paid_until: row.get()?,
        periods: row.get()?,
        renews: row.get::<i64>()? != 0,
        reply: row.get::<Option<String>>()?.map(Text::from),
        ended: {
            let (at, by): (Option<Timestamp>, _) = (row.get()?, row.get::<Option<_>>()?);
            at.zip(by)
        },
    })
}

pub(crate) async fn find(
    tx: &mut impl Tx,
    number: &Party,
    word: &Word,
) -> Result<Option<SoldKeyword>> {
    let rows = tx
        .query(
            select_keywords!("WHERE number = ?1 AND word = ?2 AND ended_at IS NULL"),
            params![number.as_str(), word.as_str()],
        )
        .await?;
    rows.into_iter().next().map(read).transpose()
}

async fn find_to_change(tx: &mut impl Tx, keyword: KeywordId) -> Result<Option<SoldKeyword>> {
    let rows = tx
        .query(
            select_keywords!("WHERE id = ?1 AND ended_at IS NULL FOR UPDATE"),
            params![keyword.0],
        )
        .await?;
    rows.into_iter().next().map(read).transpose()
}

pub(crate) async fn list(tx: &mut impl Tx, list: &KeywordList) -> Result<Vec<SoldKeyword>> {
    let after = list.after.map_or(0, |after| after.0);
    let account = list.account.map_or(0, |account| account.0);
    let number = list.number.as_ref().map_or("", |number| number.as_str());
    if account > 0 && number.is_empty() {
        let sql = select_keywords!(
            "WHERE account = ?2 AND id > ?1 AND ended_at IS NULL ORDER BY id LIMIT ?3"
        );
        let rows = tx.query(sql, params![after, account, list.limit]).await?;
        return rows.into_iter().map(read).collect();
    }
    let rows = tx
        .query(
            select_keywords!(
                "WHERE id > ?1 AND ended_at IS NULL AND (?2 = 0 OR account = ?2)
                     AND (?3 = '' OR number = ?3)
                 ORDER BY id LIMIT ?4"
            ),
            params![after, account, number, list.limit],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

/// Stores the keyword's newest period; its money, which was taken from the account before, goes to revenue.
async fn add_period(
    tx: &mut impl Tx,
    keyword: &SoldKeyword,
    begins_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let transfer = transfer_id(keyword.id, keyword.periods);
    tx.execute(
        "INSERT INTO keyword_periods (keyword, number, begins_at, ends_at, price, transfer)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            keyword.id.0,
            keyword.periods,
            begins_at,
            keyword.paid_until,
            keyword.price,
            &transfer[..]
        ],
    )
    .await?;
    if keyword.price == Msat::ZERO {
        return Ok(());
    }
    let spent = (keyword.account, keyword.price);
    ledger::book_spent(tx, &transfer, TransferKind::Keyword, spent, now).await
}

/// The keyword's id and the period's number: 12 bytes, which no other transfer's id has.
fn transfer_id(keyword: KeywordId, period: u32) -> [u8; 12] {
    let mut id = [0; 12];
    id[..8].copy_from_slice(&keyword.0.to_be_bytes());
    id[8..].copy_from_slice(&period.to_be_bytes());
    id
}
