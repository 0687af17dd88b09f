//! From the engine's errors to this door's wire form. An error about a field begins with the field's
//! name, as the request has it.

use std::fmt::Display;

use domain::account::profile::BadProfile;
use domain::number::own::UnfitNumber;
use domain::ports::{NotRefunded, PortError};
use engine::accounts::{
    AddKeyError, GiveCreditError, HashError, OpenAccountError, RefundError, SetPasswordError,
    SetPricesError, SetProfileError, SetSettingsError,
};
use engine::directory::{
    BlockError, DecideSenderError, GroupError, RequestSenderError, TemplateError, UploadError,
};
use engine::events::ReplayError;
use engine::keywords::KeywordError;
use engine::numbers::NumberError;
use http::{Refusal, bad_request, conflict, key_reused, not_found, unavailable};

/// A field whose value is not accepted; `why` reads on from its name: "must be …".
pub(super) fn field(name: impl Display, why: impl Display) -> Refusal {
    bad_request(format!("`{name}` {why}"))
}

/// A field with a value of a form of its own, which `error` describes.
pub(super) fn misformed(name: impl Display, error: impl Display) -> Refusal {
    bad_request(format!("`{name}`: {error}"))
}

pub(super) fn none() -> Refusal {
    not_found("there is no such thing")
}

/// Refusals and conflicts are about the request, in words that hold nothing private.
pub(super) fn store_failed(error: PortError) -> Refusal {
    match error {
        PortError::Refused(why) => bad_request(why),
        PortError::Conflict(why) => conflict(why),
        error @ (PortError::Unavailable(_) | PortError::Unknown(_)) => {
            tracing::warn!(%error, "the store could not serve an operator's request");
            unavailable("it could not be done right now; try again")
        }
    }
}

pub(super) fn not_opened(error: OpenAccountError) -> Refusal {
    let text = error.to_string();
    match error {
        OpenAccountError::Name(_) => misformed("name", text),
        OpenAccountError::Credit => field("creditMsat", text),
        OpenAccountError::NameTaken => conflict(format!("`name` {text}")),
        OpenAccountError::Store(source) => store_failed(source),
    }
}

pub(super) fn settings_not_set(error: SetSettingsError) -> Refusal {
    let text = error.to_string();
    match error {
        SetSettingsError::NoSuchAccount => none(),
        SetSettingsError::Refunds => field("refunds", text),
        SetSettingsError::RecipientsPerMessage => field("recipientsPerMessage", text),
        SetSettingsError::SpendPerDay => field("spendPerDayMsat", text),
        SetSettingsError::WebhookUrl(_) => field("webhookUrl", text),
        SetSettingsError::CallbackUrl(_) => field("callbackUrl", text),
        SetSettingsError::WebhookEvents => field("webhookEvents", text),
        SetSettingsError::Countries(_) => field("countries", text),
        SetSettingsError::HourlyCaps(_) => field("hourlyCaps", text),
        SetSettingsError::DefaultSender(_) => field("defaultSender", text),
        SetSettingsError::Store(source) => store_failed(source),
    }
}

pub(super) fn profile_not_set(error: SetProfileError) -> Refusal {
    let text = error.to_string();
    match error {
        SetProfileError::NoSuchAccount => none(),
        SetProfileError::Bad(BadProfile::Text { field: name }) => field(name, text),
        SetProfileError::Bad(BadProfile::Email) => field("email", text),
        SetProfileError::Bad(BadProfile::NoPhone) => field("twoFactor", text),
        SetProfileError::Store(source) => store_failed(source),
    }
}

pub(super) fn password_not_set(error: SetPasswordError) -> Refusal {
    let text = error.to_string();
    match error {
        SetPasswordError::NoSuchAccount => none(),
        SetPasswordError::Length => field("password", text),
        SetPasswordError::Hash(HashError::Busy | HashError::Failed) => unavailable(text),
        SetPasswordError::Store(source) => store_failed(source),
    }
}

pub(super) fn credit_not_given(error: GiveCreditError) -> Refusal {
    let text = error.to_string();
    match error {
        GiveCreditError::NoSuchAccount => none(),
        GiveCreditError::Amount => field("msat", text),
        GiveCreditError::Insufficient { .. } => conflict(format!("`msat` {text}")),
        GiveCreditError::KeyReused => key_reused(text),
        GiveCreditError::Store(source) => store_failed(source),
    }
}

pub(super) fn key_not_added(error: AddKeyError) -> Refusal {
    let text = error.to_string();
    match error {
        AddKeyError::NoSuchAccount => none(),
        AddKeyError::Scope { index, .. } => misformed(format_args!("scopes[{index}]"), text),
        AddKeyError::RepeatedScope => field("scopes", text),
        AddKeyError::Rate => field("rate", text),
        AddKeyError::Description => field("description", text),
        AddKeyError::Store(source) => store_failed(source),
    }
}

pub(super) fn prices_not_set(error: SetPricesError) -> Refusal {
    let text = error.to_string();
    match error {
        SetPricesError::NoSuchAccount => none(),
        SetPricesError::Count => field("prices", text),
        SetPricesError::ListFull => bad_request(text),
        SetPricesError::Prefix { index } | SetPricesError::NoPrefix { index } => {
            field(format_args!("prices[{index}].prefix"), text)
        }
        SetPricesError::Price { index } => field(format_args!("prices[{index}].msat"), text),
        SetPricesError::Store(source) => store_failed(source),
    }
}

pub(super) fn number_not_changed(error: NumberError) -> Refusal {
    let text = error.to_string();
    match error {
        NumberError::Unfit(UnfitNumber::Digits) => field("number", text),
        NumberError::Unfit(
            UnfitNumber::LendsWithoutReceiving
            | UnfitNumber::KeywordsWithoutReceiving
            | UnfitNumber::KeywordsOfAccount,
        ) => field("can", text),
        NumberError::Unfit(UnfitNumber::Keywords(_) | UnfitNumber::Stop) => field("keywords", text),
        NumberError::Unfit(_) => field("helpText", text),
        NumberError::NoSuchAccount => field("account", text),
        NumberError::NoSuchCarrier => field("carrier", text),
        NumberError::BadWebhook(_) => misformed("webhookUrl", text),
        NumberError::NoSuchNumber => none(),
        NumberError::OfFile => conflict(text).with_code("OF_FILE"),
        NumberError::Exists => conflict(format!("`number` {text}")),
        NumberError::TooMany => conflict(text),
        NumberError::Store(source) => store_failed(source),
    }
}

/// Operators sell no keywords.
pub(super) fn keyword_not_changed(error: KeywordError) -> Refusal {
    let text = error.to_string();
    match error {
        KeywordError::NoSuchKeyword => none(),
        KeywordError::BadReply(_) => field("reply", text),
        KeywordError::Store(source) => store_failed(source),
        KeywordError::NotOffered
        | KeywordError::Reserved
        | KeywordError::Yours
        | KeywordError::Taken
        | KeywordError::TooMany
        | KeywordError::Insufficient { .. }
        | KeywordError::OverDailyLimit { .. } => conflict(text),
    }
}

pub(super) fn not_refunded(error: RefundError) -> Refusal {
    let text = error.to_string();
    match error {
        RefundError::NoSuchCharge => none(),
        RefundError::Note => field("note", text),
        RefundError::Amount => field("msat", text),
        RefundError::KeyReused => key_reused(text),
        RefundError::NotRefunded(why) => conflict(text).with_code(match why {
            NotRefunded::NotCharged => "NOT_CHARGED",
            NotRefunded::NotYetCharged => "NOT_YET_CHARGED",
            NotRefunded::NoAccount => "NO_ACCOUNT",
            NotRefunded::IsCredit => "IS_CREDIT",
            NotRefunded::TooMuch { .. } => "TOO_MUCH",
        }),
        RefundError::Store(source) => store_failed(source),
    }
}

pub(super) fn sender_not_requested(error: RequestSenderError) -> Refusal {
    let text = error.to_string();
    match error {
        RequestSenderError::NoSuchAccount => none(),
        RequestSenderError::Name(_) => misformed("name", text),
        RequestSenderError::TooMany => bad_request(text),
        RequestSenderError::Store(source) => store_failed(source),
    }
}

pub(super) fn sender_not_decided(error: DecideSenderError) -> Refusal {
    let text = error.to_string();
    match error {
        DecideSenderError::NoSuchSender => none(),
        DecideSenderError::Note => field("note", text),
        DecideSenderError::State => conflict(text),
        DecideSenderError::Store(source) => store_failed(source),
    }
}

pub(super) fn template_not_kept(error: TemplateError) -> Refusal {
    let text = error.to_string();
    match error {
        TemplateError::NoSuchAccount | TemplateError::NoSuchTemplate => none(),
        TemplateError::Name(_) => misformed("name", text),
        TemplateError::NameTaken => conflict(format!("`name` {text}")),
        TemplateError::Text => field("text", text),
        TemplateError::TooMany => bad_request(text),
        TemplateError::Store(source) => store_failed(source),
    }
}

pub(super) fn group_not_kept(error: GroupError) -> Refusal {
    let text = error.to_string();
    match error {
        GroupError::NoSuchAccount | GroupError::NoSuchGroup => none(),
        GroupError::Name(_) => misformed("name", text),
        GroupError::NameTaken => conflict(format!("`name` {text}")),
        GroupError::TooMany => bad_request(text),
        GroupError::Store(source) => store_failed(source),
    }
}

pub(super) fn blocklist_not_changed(error: BlockError) -> Refusal {
    let text = error.to_string();
    match error {
        BlockError::NoSuchAccount => none(),
        BlockError::Count => field("numbers", text),
        BlockError::Number { index, .. } => misformed(format_args!("numbers[{index}]"), text),
        BlockError::Note => field("note", text),
        BlockError::Store(source) => store_failed(source),
    }
}

pub(super) fn not_replayed(error: ReplayError) -> Refusal {
    let text = error.to_string();
    match error {
        ReplayError::NoSuchEvent => none(),
        ReplayError::Pending => conflict(text),
        ReplayError::Store(source) => store_failed(source),
    }
}

pub(super) fn not_uploaded(error: &UploadError) -> Refusal {
    let text = error.to_string();
    match error {
        UploadError::NoSuchGroup => not_found(text),
        UploadError::NoNumber | UploadError::File(_) => bad_request(text),
        UploadError::Refused(_) => conflict(text),
        UploadError::Store(source) => {
            tracing::warn!(error = %source, "the store could not take an upload");
            unavailable(text)
        }
    }
}
