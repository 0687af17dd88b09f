//! What the sandbox's numbers receive.

use std::time::Duration;

use domain::activation::ServiceCode;
use domain::activation::loan::LoanMessage;
use domain::ports::Random;
use domain::text::Text;
use domain::time::Timestamp;

/// From the assignment of a number, or the wish for another code, to the code.
pub(super) const CODE_AFTER: Duration = Duration::from_millis(1_200);

/// From the start of a rental to its second message.
pub(super) const SECOND_AFTER: Duration = Duration::from_secs(30);

/// The service to which no message ever comes.
pub(super) fn is_silent(service: &ServiceCode) -> bool {
    service.as_str() == "none"
}

/// The `nth` message of a loan.
pub(super) fn message(
    service: &ServiceCode,
    nth: u32,
    at: Timestamp,
    random: &dyn Random,
) -> LoanMessage {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    let code = 100_000 + u32::from_be_bytes(bytes) % 900_000;
    let text = format!("Your {} code is {code}. Do not share it.", service.as_str());
    LoanMessage { key: nth.to_string(), text: Text::from(text), code: None, at }
}
