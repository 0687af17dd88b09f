//! Delivers messages of loans to the engine, from the rows: those of another node, and those of before a restart too.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::limits::POOL_MESSAGES_BATCH_MAX;
use domain::number::pool::PoolMessage;
use domain::ports::{LoanInbox, PortError};
use futures_util::future::join_all;
use uuid::Uuid;

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

    /// True: more may be due. Loans do not wait for each other: the messages of one go one after the other, and wait for
    /// the next round while the engine does not take the first.
    async fn deliver_due(&self, inbox: &dyn LoanInbox) -> Result<bool, PortError> {
        let due = self.store.due_pool_messages(self.line, POOL_MESSAGES_BATCH_MAX).await?;
        let is_full = due.len() == POOL_MESSAGES_BATCH_MAX as usize;
        let mut loans: BTreeMap<Uuid, Vec<PoolMessage>> = BTreeMap::new();
        for (loan, message) in due {
            loans.entry(loan).or_default().push(message);
        }
        let deliveries = loans.into_iter().map(|(loan, due)| self.deliver_of(inbox, loan, due));
        let (mut delivered, mut failed) = (Vec::new(), None);
        for (taken, error) in join_all(deliveries).await {
            delivered.extend(taken);
            failed = failed.or(error);
        }
        if !delivered.is_empty() {
            self.store.pool_messages_delivered(self.line, delivered).await?;
        }
        failed.map_or(Ok(is_full), Err)
    }

    /// What the engine took of one loan, and why it took no more.
    async fn deliver_of(
        &self,
        inbox: &dyn LoanInbox,
        loan: Uuid,
        due: Vec<PoolMessage>,
    ) -> (Vec<(Uuid, u32)>, Option<PortError>) {
        let mut delivered = Vec::new();
        for due in due {
            let number = due.number;
            match inbox.deliver(&self.name, loan, message(due)).await {
                Ok(()) => delivered.push((loan, number)),
                Err(error @ (PortError::Refused(_) | PortError::Conflict(_))) => {
                    tracing::warn!(%loan, %error, "a message came for a loan without an activation");
                    delivered.push((loan, number));
                }
                Err(error) => return (delivered, Some(error)),
            }
        }
        (delivered, None)
    }
}
