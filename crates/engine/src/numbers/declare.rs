//! Numbers that the configuration file declares, at start.

use domain::inbound::Party;
use domain::number::own::NumberTerms;
use domain::ports::PortError;

use super::Numbers;

impl Numbers {
    /// Updates the rows from the file, and reads the receivers. A number that left the file is
    /// unchanged; the log reports it once.
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
