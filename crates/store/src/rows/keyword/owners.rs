//! The owners of inbound messages by keyword, read in the change that stores the messages: a keyword bought a
//! moment ago applies at every node.

use domain::event::Target;
use domain::id::{AccountId, KeywordId};
use domain::inbound::keyword::Word;
use domain::inbound::{InboundMessage, Receivers};

use crate::tx::{Result, Tx, params};

/// The keyword that a message begins with.
pub(crate) struct KeywordOwner {
    pub(crate) keyword: KeywordId,
    pub(crate) account: AccountId,
    pub(crate) word: Word,
    pub(crate) has_reply: bool,
    /// The account's callback, which gets the message.
    pub(crate) callback: Option<Target>,
}

/// One for each message, if there is one.
pub(crate) async fn owners(
    tx: &mut impl Tx,
    messages: &[InboundMessage],
    receivers: &Receivers,
) -> Result<Vec<Option<KeywordOwner>>> {
    let words: Vec<_> = messages.iter().map(|message| receivers.word_of(message)).collect();
    let mut owners: Vec<Option<KeywordOwner>> = words.iter().map(|_| None).collect();
    let asked = messages.iter().zip(&words).zip(&mut owners);
    let asked: Vec<_> = asked
        .filter_map(|((message, word), owner)| Some((message, word.as_ref()?, owner)))
        .collect();
    if asked.is_empty() {
        return Ok(owners);
    }
    let rows: Vec<_> = asked
        .iter()
        .map(|(message, word, _)| params![message.to.as_str(), word.as_str()])
        .collect();
    let found = tx
        .query_many(
            "SELECT k.id, k.account, k.reply IS NOT NULL, s.callback_url FROM sold_keywords k
             LEFT JOIN account_settings s ON s.account = k.account
             WHERE k.number = ?1 AND k.word = ?2 AND k.ended_at IS NULL",
            &rows,
        )
        .await?;
    for ((message, word, owner), rows) in asked.into_iter().zip(found) {
        let Some(mut row) = rows.into_iter().next() else { continue };
        let (keyword, account) = (row.get()?, row.get()?);
        let has_reply = row.get::<i64>()? != 0;
        let callback = row.get::<Option<String>>()?.map(|url| Target::Callback { url });
        // A number that became an account's has no keywords of others, also until these end.
        let of_number = receivers.of(&message.to).account;
        if of_number.is_none_or(|of_number| of_number == account) {
            let word = word.clone();
            *owner = Some(KeywordOwner { keyword, account, word, has_reply, callback });
        }
    }
    Ok(owners)
}
