//! Numbers that the configuration file names, at a start.

use domain::inbound::Party;
use domain::number::own::NumberTerms;
use domain::ports::PortError;

use super::Numbers;

impl Numbers {
    /// Brings the rows up to date with the file, and reads what comes in by. A number that left the
    /// file stays as it is; the log says so once.
    pub(crate) async fn declare(
        &self,
        declared: Vec<(Party, NumberTerms)>,
    ) -> Result<(), PortError> {
        let declared = self.store.declare_numbers(declared, self.clock.now()).await?;
        if declared.added + declared.changed > 0 {
            let (added, changed) = (declared.added, declared.changed);
            tracing::info!(added, changed, "numbers of the configuration file stored");
        }
        if !declared.left.is_empty() {
            tracing::warn!(
                numbers = declared.left.len(),
                "numbers left the configuration file: they stay in use until the admin door removes them"
            );
        }
        self.inbound.load().await.map(drop)
    }
}
