//! The word for each refusal of the engine.

use domain::ports::PortError;
use engine::activations::{NumberError, WishError};

use super::amount::Unit;
use super::answer::Failure;

/// Why a number was not sold.
pub(super) fn not_sold(error: &NumberError, unit: Unit) -> Failure {
    let word = match error {
        NumberError::NotSold | NumberError::NoNumber => "NO_NUMBERS",
        NumberError::BadDuration { .. } => "INVALID_TIME",
        NumberError::NoSuchRental => "INVALID_PHONE",
        NumberError::RentalEnded => "RENT_DIE",
        NumberError::Insufficient { .. } | NumberError::OverDailyLimit { .. } => "NO_BALANCE",
        NumberError::TooExpensive { price } => {
            return Failure::Word(format!("WRONG_MAX_PRICE:{}", unit.price(*price)));
        }
        NumberError::KeyReused => "IDEMPOTENCY_KEY_REUSED",
        NumberError::InProgress | NumberError::Slowed { .. } => "CHANNELS_LIMIT",
        NumberError::NoAccount | NumberError::BadWebhook(_) | NumberError::NotOpened(_) => {
            "ERROR_SQL"
        }
        NumberError::Store(source) => return not_served(source),
    };
    Failure::word(word)
}

/// Why an activation does not change.
pub(super) fn not_changed(error: &WishError) -> Failure {
    let word = match error {
        WishError::NoSuchActivation | WishError::IsRental => "NO_ACTIVATION",
        WishError::TooEarly { .. } => "EARLY_CANCEL_DENIED",
        WishError::CodeCame => "OTP_RECEIVED",
        WishError::Kept => "FREE_CANCELLATION_EXPIRED",
        WishError::NoCode => "BAD_STATUS",
        WishError::Ended => "ACTIVATION_NOT_ACTIVE",
        WishError::Supplier(source) | WishError::Store(source) => return not_served(source),
    };
    Failure::word(word)
}

/// Why a rental does not change.
pub(super) fn rental_not_changed(error: &WishError) -> Failure {
    let word = match error {
        WishError::NoSuchActivation => "INVALID_PHONE",
        WishError::CodeCame | WishError::Kept => "CANT_CANCEL",
        WishError::TooEarly { .. } => "EARLY_CANCEL_DENIED",
        WishError::Ended => "ALREADY_FINISH",
        WishError::NoCode | WishError::IsRental => "INCORECT_STATUS",
        WishError::Supplier(source) | WishError::Store(source) => return not_served(source),
    };
    Failure::InJson(word.to_owned())
}

fn not_served(error: &PortError) -> Failure {
    error.into()
}
