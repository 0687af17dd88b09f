//! Where suppliers deliver messages.

use async_trait::async_trait;
use domain::activation::SupplierName;
use domain::activation::loan::LoanMessage;
use domain::limits::ACTIVATION_TEXT_CHARS_MAX;
use domain::ports::{LoanInbox, LoanNews, LoanReport, PortError};
use domain::text::Text;
use domain::time::Timestamp;
use uuid::Uuid;

use super::Activations;

/// Keys are short; what is longer is cut.
const KEY_CHARS_MAX: usize = 128;

/// Later than any timer of an activation.
pub(super) const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

#[async_trait]
impl LoanInbox for Activations {
    async fn deliver(
        &self,
        supplier: &SupplierName,
        loan: Uuid,
        message: LoanMessage,
    ) -> Result<(), PortError> {
        let report = LoanReport {
            loan,
            supplier: Some(supplier.clone()),
            news: LoanNews::Pushed,
            messages: bounded(vec![message]),
            due_at: NEVER,
        };
        self.recording.store(report).await
    }
}

/// Messages as they are kept.
pub(super) fn bounded(messages: Vec<LoanMessage>) -> Vec<LoanMessage> {
    let cut = |text: &str, max: usize| text.chars().take(max).collect::<String>();
    let bound = |mut message: LoanMessage| {
        if message.text.chars() > ACTIVATION_TEXT_CHARS_MAX {
            message.text = Text::from(cut(message.text.as_str(), ACTIVATION_TEXT_CHARS_MAX));
        }
        if message.key.len() > KEY_CHARS_MAX {
            message.key = cut(&message.key, KEY_CHARS_MAX);
        }
        message
    };
    let is_text = |message: &LoanMessage| !message.text.as_str().trim().is_empty();
    messages.into_iter().filter(is_text).map(bound).collect()
}
