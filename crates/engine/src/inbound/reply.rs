//! The worker that sends the replies of keywords. Whether a message gets one is decided by the change that stores
//! it (`store/src/rows/keyword/replies.rs`); here it becomes an order paid by the keyword's owner.
//!
//! | the process died | it left | what happens |
//! |---|---|---|
//! | before the order was stored | a due reply | the order is stored |
//! | after it | a due reply | the order's id is a hash of the message's id: it is found, and nothing is sent |
//! | after the reply was marked as done | nothing | – |

use std::sync::Arc;
use std::time::Duration;

use domain::limits::{KEYWORD_REPLIES_BATCH_MAX, KEYWORD_REPLY_AGE_MAX};
use domain::ports::{DueReply, PortError};
use domain::sale::quote::QuoteError;

use super::Inbound;
use super::answer::{Answer, order_id};
use crate::accept::AcceptError;
use crate::metrics::ByResult;
use crate::wake::signal_or_timer;

const ROUND: Duration = Duration::from_secs(15);

impl Inbound {
    pub(crate) async fn reply(self: Arc<Self>) {
        loop {
            while self.reply_round().await {}
            signal_or_timer(&self.wake.replies, ROUND).await;
        }
    }

    /// True: more may be due.
    async fn reply_round(&self) -> bool {
        let due = match self.store.due_replies(KEYWORD_REPLIES_BATCH_MAX).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "could not read replies to send; trying again");
                return false;
            }
        };
        let mut failed = 0;
        for reply in &due {
            if let Err(error) = self.send_reply(reply).await {
                tracing::warn!(%error, "could not send a reply; trying again");
                if !matches!(error, PortError::Refused(_)) {
                    return false;
                }
                failed += 1;
            }
        }
        due.len() == KEYWORD_REPLIES_BATCH_MAX as usize && failed == 0
    }

    async fn send_reply(&self, reply: &DueReply) -> Result<(), PortError> {
        if let Some(answer) = self.answer(reply).await? {
            let account = reply.account;
            let result = match self.accept.accept(answer.into_request()).await {
                Ok(_) => "replied",
                Err(AcceptError::Store(
                    error @ (PortError::Unavailable(_) | PortError::Unknown(_)),
                )) => {
                    return Err(error);
                }
                // A number that sent STOP gets no reply.
                Err(AcceptError::Quote(QuoteError::AllBlocked)) => "unreplied",
                Err(error) => {
                    tracing::warn!(?account, %error, "a reply to a keyword is not sent");
                    "unreplied"
                }
            };
            self.metrics.inbound.get_or_create(&ByResult { result }).inc();
        }
        self.store.end_reply(reply.inbound, self.clock.now()).await
    }

    /// `None`: nothing is to be sent any more.
    async fn answer(&self, reply: &DueReply) -> Result<Option<Answer>, PortError> {
        let late = reply.at.after(KEYWORD_REPLY_AGE_MAX) < self.clock.now();
        let (Some(text), Ok(to), false) = (&reply.text, reply.to.as_str().parse(), late) else {
            return Ok(None);
        };
        let Some(payer) = self.store.account(reply.account).await? else { return Ok(None) };
        let number = self.store.number(reply.number.clone()).await?;
        let sends = number.is_some_and(|number| number.terms.can.send);
        Ok(Some(Answer {
            account: reply.account,
            from: sends.then(|| reply.number.clone()),
            to,
            text: text.clone(),
            order: order_id(&format!("reply {}", reply.inbound), &payer.webhook_secret),
        }))
    }
}
