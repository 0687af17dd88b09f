//! Operators' lists by page, each ordered by its key.

use domain::account::{Account, Balance, Key};
use domain::id::{AccountId, KeyId, MessageId};
use domain::message::MessageState;
use domain::message::campaign::BulkMessage;
use uuid::Uuid;

use crate::rows::{account, campaign};
use crate::tx::{Result, Tx, params};

pub(crate) async fn account_page(
    tx: &mut impl Tx,
    after: AccountId,
    limit: u32,
) -> Result<Vec<(Account, Balance)>> {
    let rows = tx
        .query(
            "SELECT a.id, a.name, a.webhook_secret, a.created_at, a.disabled_at,
                 coalesce(l.balance - l.reserved, 0), coalesce(l.reserved, 0)
             FROM accounts a
             LEFT JOIN ledger_accounts l ON l.name = 'customer:' || CAST(a.id AS TEXT)
             WHERE a.id > ?1 ORDER BY a.id LIMIT ?2",
            params![after, limit],
        )
        .await?;
    let mut page = Vec::with_capacity(rows.len());
    for mut row in rows {
        let account = account::read(tx, &mut row)?;
        page.push((account, Balance { available: row.get()?, reserved: row.get()? }));
    }
    Ok(page)
}

pub(crate) async fn key_page(
    tx: &mut impl Tx,
    account: Option<AccountId>,
    after: KeyId,
    limit: u32,
) -> Result<Vec<Key>> {
    let rows = match account {
        Some(account) => {
            tx.query(
                "SELECT id, account, scopes, rate, description, created_at, revoked_at,
                     (SELECT a.disabled_at FROM accounts a WHERE a.id = account_keys.account)
                 FROM account_keys
                 WHERE account = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
                params![account, after, limit],
            )
            .await?
        }
        None => {
            tx.query(
                "SELECT id, account, scopes, rate, description, created_at, revoked_at,
                     (SELECT a.disabled_at FROM accounts a WHERE a.id = account_keys.account)
                 FROM account_keys
                 WHERE id > ?1 ORDER BY id LIMIT ?2",
                params![after, limit],
            )
            .await?
        }
    };
    rows.into_iter().map(account::read_key).collect()
}

pub(crate) async fn bulk_page(
    tx: &mut impl Tx,
    account: AccountId,
    state: Option<MessageState>,
    before: Option<MessageId>,
    limit: u32,
) -> Result<Vec<BulkMessage>> {
    let before = before.unwrap_or(MessageId(Uuid::max()));
    let ids = campaign::newest(tx, account, state, before, 0, limit).await?;
    campaign::find_many(tx, account, &ids).await
}
