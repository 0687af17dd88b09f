//! Buys a keyword. The number's row is locked first, so that two accounts that want the same word come one
//! after the other.

use domain::id::{AccountId, KeywordId};
use domain::inbound::sold_keyword::{SoldKeyword, offer};
use domain::limits::KEYWORDS_PER_ACCOUNT_MAX;
use domain::money::Msat;
use domain::ports::{BoughtKeyword, NewKeyword, PortError};
use domain::time::Timestamp;

use super::{add_period, find};
use crate::rows::account::lock;
use crate::rows::ledger::{self, Short};
use crate::rows::number;
use crate::tx::{Result, Tx, params};

pub(crate) async fn buy(
    tx: &mut impl Tx,
    new: &NewKeyword,
    now: Timestamp,
) -> Result<BoughtKeyword> {
    let found = number::find_to_change(tx, &new.number).await?;
    if found.and_then(|number| offer(&number, new.account)) != Some(new.offer) {
        return Ok(BoughtKeyword::NotOffered);
    }
    if let Some(keyword) = find(tx, &new.number, &new.word).await? {
        return Ok(BoughtKeyword::Taken { by: keyword.account });
    }
    lock(tx, new.account).await?;
    if count(tx, new.account).await? >= KEYWORDS_PER_ACCOUNT_MAX {
        return Ok(BoughtKeyword::TooMany);
    }
    if new.price.is_negative() {
        return Err(PortError::Refused("a price is not negative".to_owned()));
    }
    if new.price > Msat::ZERO {
        match ledger::spend(tx, new.account, new.price, now).await? {
            None => {}
            Some(Short::Credit { available }) => {
                return Ok(BoughtKeyword::Insufficient { available });
            }
            Some(Short::DailyLimit { left }) => return Ok(BoughtKeyword::OverDailyLimit { left }),
        }
    }
    let keyword = insert(tx, new, now).await?;
    add_period(tx, &keyword, now, now).await?;
    Ok(BoughtKeyword::Bought(keyword))
}

async fn count(tx: &mut impl Tx, account: AccountId) -> Result<u32> {
    let rows = tx
        .query(
            "SELECT count(*) FROM sold_keywords WHERE account = ?1 AND ended_at IS NULL",
            params![account],
        )
        .await?;
    rows.into_iter().next().map_or(Ok(0), |mut row| row.get())
}

async fn insert(tx: &mut impl Tx, new: &NewKeyword, now: Timestamp) -> Result<SoldKeyword> {
    let paid_until = now.after(new.period);
    let rows = tx
        .query(
            "INSERT INTO sold_keywords (number, word, account, price, bought_at, paid_until, periods,
                 renews, reply)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8) RETURNING id",
            params![
                new.number.as_str(),
                new.word.as_str(),
                new.account,
                new.price,
                now,
                paid_until,
                i64::from(new.renews),
                new.reply.as_ref().map(|reply| reply.as_str()),
            ],
        )
        .await?;
    let id = rows.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    Ok(SoldKeyword {
        id: KeywordId(id),
        number: new.number.clone(),
        word: new.word.clone(),
        account: new.account,
        price: new.price,
        bought_at: now,
        paid_until,
        periods: 1,
        renews: new.renews,
        reply: new.reply.clone(),
        ended: None,
    })
}
