//! Delivers messages of loans to the engine, from the rows: those of another node, and those of before a restart too.

use std::time::Duration;

use domain::limits::POOL_MESSAGES_BATCH_MAX;
use domain::ports::{LoanInbox, PortError};

use super::{OwnNumbers, message};

/// How soon a message is found: a buyer does not notice it.
const ROUND: Duration = Duration::from_millis(500);

impl OwnNumbers {
    pub(super) async fn deliver_messages(&self, inbox: &dyn LoanInbox) {
        loop {
            match self.deliver_due(inbox).await {
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(ROUND).await,
                Err(error) => {
                    let supplier = self.name.as_str();
                    tracing::warn!(supplier, %error, "messages are not delivered; trying again");
                    tokio::time::sleep(ROUND).await;
                }
            }
        }
    }

    /// True: more may be due.
    async fn deliver_due(&self, inbox: &dyn LoanInbox) -> Result<bool, PortError> {
        let due = self.store.due_pool_messages(self.line, POOL_MESSAGES_BATCH_MAX).await?;
        let is_full = due.len() == POOL_MESSAGES_BATCH_MAX as usize;
        let (mut delivered, mut failed) = (Vec::new(), None);
        for (loan, due) in due {
            let number = due.number;
            match inbox.deliver(&self.name, loan, message(due)).await {
                Ok(()) => delivered.push((loan, number)),
                Err(error @ (PortError::Refused(_) | PortError::Conflict(_))) => {
                    tracing::warn!(%loan, %error, "a message came for a loan without an activation");
                    delivered.push((loan, number));
                }
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        if !delivered.is_empty() {
            self.store.pool_messages_delivered(delivered).await?;
        }
        failed.map_or(Ok(is_full), Err)
    }
}
