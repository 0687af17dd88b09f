//! The worker that renews keywords at the end of their period, or ends them. A round reads what is due; several
//! nodes may find the same keyword, and one of them renews it.

use std::sync::Arc;
use std::time::Duration;

use domain::inbound::sold_keyword::SoldKeyword;
use domain::limits::KEYWORDS_RENEWED_MAX;
use domain::ports::{PortError, Renewal, Renewed};

use super::{KeywordError, Keywords};

const ROUND: Duration = Duration::from_secs(10);

impl Keywords {
    pub(crate) async fn renew(self: Arc<Self>) {
        loop {
            while self.round().await {}
            tokio::time::sleep(ROUND).await;
        }
    }

    /// True: more may be due.
    async fn round(&self) -> bool {
        let due = match self.store.due_keywords(self.clock.now(), KEYWORDS_RENEWED_MAX).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "could not read keywords to renew; trying again");
                return false;
            }
        };
        let mut failed = 0;
        for keyword in &due {
            if let Err(error) = self.renew_one(keyword).await {
                tracing::warn!(keyword = keyword.id.0, %error, "could not renew a keyword; trying again");
                if !matches!(error, KeywordError::Store(PortError::Refused(_))) {
                    return false;
                }
                failed += 1;
            }
        }
        due.len() == KEYWORDS_RENEWED_MAX as usize && failed == 0
    }

    async fn renew_one(&self, keyword: &SoldKeyword) -> Result<(), KeywordError> {
        let renewal = Renewal {
            keyword: keyword.id,
            periods: keyword.periods,
            price: self.price(keyword.account).await?,
            period: self.period(),
        };
        let (account, keyword) = (keyword.account, keyword.id.0);
        match self.store.renew_keyword(renewal, self.clock.now()).await? {
            Renewed::Paid(_) => tracing::info!(?account, keyword, "keyword renewed"),
            Renewed::Ended(ended) => {
                let why = ended.ended.map(|(_, by)| by.as_str());
                tracing::info!(?account, keyword, why, "keyword ended");
            }
            Renewed::NotDue => {}
        }
        Ok(())
    }
}
