//! Where suppliers deliver messages.

use async_trait::async_trait;
use domain::activation::SupplierName;
use domain::activation::loan::LoanMessage;
use domain::limits::ACTIVATION_TEXT_CHARS_MAX;
use domain::ports::{LoanInbox, LoanNews, LoanReport, PortError};
use domain::text::Text;
use domain::time::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Activations;

/// Keys are short; of what is longer, the hash is kept.
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
            node: None,
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
            message.key = hex::encode(Sha256::digest(message.key.as_bytes()));
        }
        message
    };
    // Some suppliers report the code alone.
    let says_something =
        |message: &LoanMessage| message.code.is_some() || !message.text.as_str().trim().is_empty();
    messages.into_iter().filter(says_something).map(bound).collect()
}

#[cfg(test)]
mod tests {
    use domain::activation::Code;

    use super::*;

    fn message(key: &str, text: &str, code: Option<&str>) -> LoanMessage {
        let (text, code) = (Text::from(text), code.map(Code::new));
        LoanMessage { key: key.to_owned(), text, code, at: Timestamp::from_millis(1) }
    }

    #[test]
    fn a_code_without_a_text_is_kept_and_an_empty_message_is_not() {
        let alone = message("1", "", Some("48010"));
        let kept = bounded(vec![alone.clone(), message("2", " ", None), message("3", "a", None)]);
        assert_eq!(kept, [alone, message("3", "a", None)]);
    }

    #[test]
    fn long_keys_stay_apart() {
        let long = "k".repeat(KEY_CHARS_MAX + 1);
        let keys = [format!("{long}1"), format!("{long}2"), "short".to_owned()];
        let kept = bounded(keys.iter().map(|key| message(key, "a", None)).collect());
        assert!(kept.iter().all(|message| message.key.len() <= KEY_CHARS_MAX));
        assert!(kept[0].key != kept[1].key && kept[2].key == "short");
    }
}
