//! STOP and START, obeyed in the change that stores the message which says so.
//!
//! | said to | STOP blocks for | START frees |
//! |---|---|---|
//! | an account's number, also one that receives nothing now | that account | what a STOP to it blocked |
//! | nobody's number | everybody | what a STOP to such a number blocked |
//!
//! A message to a number that is lent, and one that begins with a word of the number's owner, says neither.
//!
//! What an operator blocked stays blocked, whatever its owner says.

use domain::account::blocklist::{BlockProof, BlockScope, Said};
use domain::account::operator::{Action, Actor};
use domain::inbound::keyword::Keyword;
use domain::inbound::{InboundMessage, Receivers};
use domain::limits::PROOF_TEXT_CHARS_MAX;
use domain::number::Msisdn;
use domain::time::Timestamp;
use serde_json::json;

use super::{add, audit_change, digits, stored};
use crate::tx::{Result, Tx, params};

/// In the order in which they were said. Who is no number cannot be sent to either.
pub(crate) async fn obey(
    tx: &mut impl Tx,
    messages: &[InboundMessage],
    receivers: &Receivers,
    now: Timestamp,
) -> Result<()> {
    for message in messages {
        let Some((keyword, word)) = receivers.keyword(message) else { continue };
        let Ok(number) = message.from.as_str().parse::<Msisdn>() else { continue };
        let number = number.as_spelled_today();
        let scope = BlockScope::of(receivers.opt_out_from(&message.to));
        let keyword_of = Some((word, message.id));
        match keyword {
            Keyword::Stop => {
                let said = Some(said(message));
                let by = Actor::Recipient;
                let proof = BlockProof { by, keyword: keyword_of, said, note: None };
                add(tx, scope, &[number], &proof, now).await?;
            }
            Keyword::Start => free(tx, scope, number, message, now).await?,
            Keyword::Help => {}
        }
    }
    Ok(())
}

fn said(message: &InboundMessage) -> Said {
    let text = message.content.text().map_or("", |text| text.as_str());
    Said {
        text: text.chars().take(PROOF_TEXT_CHARS_MAX).collect::<String>().into(),
        to: message.to.clone(),
        carrier: message.carrier.clone(),
    }
}

async fn free(
    tx: &mut impl Tx,
    scope: BlockScope,
    number: Msisdn,
    message: &InboundMessage,
    now: Timestamp,
) -> Result<()> {
    let by = Actor::Recipient;
    let gone = tx
        .execute(
            "DELETE FROM blocks WHERE scope = ?1 AND number = ?2 AND blocked_by = ?3",
            params![stored(scope), digits(number), &by.to_string()],
        )
        .await?;
    if gone > 0 {
        let detail = json!({ "inbound": message.id });
        audit_change(tx, scope, &[number], Action::BlockRemove, detail, by, now).await?;
    }
    Ok(())
}
