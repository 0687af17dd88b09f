//! Why a text was not accepted, in the words of this door. Nothing is stored or charged then.

use domain::limits;
use domain::ports::PortError;
use domain::sale::quote::QuoteError;
use domain::text::TextError;
use engine::Engine;
use engine::accept::AcceptError;

use super::answer::{Failure, shown};
use super::kroner::{balance, price};
use super::msisdn::no_recipient;
use super::parameters::Parameters;
use super::tree::Node;

const AHEAD_DAYS_MAX: u64 = limits::SCHEDULE_AHEAD_MAX.as_secs() / (24 * 60 * 60);

pub(super) fn not_sent(error: &AcceptError, asked: &Parameters, engine: &Engine) -> Failure {
    let reason = error.to_string();
    let echo = |word, field| Failure::echo(word, "sms", field, asked.get(field));
    match error {
        AcceptError::Quote(error) => not_quoted(error, asked),
        AcceptError::Insufficient { price: cost, available } => {
            let sums = [("cost", price(engine, *cost)), ("balance", balance(engine, *available))];
            Failure::new("CANNOT_AFFORD").with("sms", Node::object(sums)).because(reason)
        }
        AcceptError::OverDailyLimit { price: cost, left } => {
            let sums = [("cost", price(engine, *cost)), ("left", balance(engine, *left))];
            Failure::new("DAILY_LIMIT_REACHED").with("sms", Node::object(sums)).because(reason)
        }
        AcceptError::NoSuchGroup => {
            let group = Node::object([("group", shown(asked.get("group")))]);
            Failure::new("EMPTY_GROUP").with("group", group).because(reason)
        }
        AcceptError::StartTooFarAhead => echo("SCHEDULED_INVALID", "schedule")
            .because(format!("it is more than {AHEAD_DAYS_MAX} days ahead")),
        AcceptError::StartInThePast => echo("SCHEDULED_INVALID", "schedule").because(reason),
        AcceptError::CountryNotAllowed { .. } => {
            echo("COUNTRY_NOT_ALLOWED", "msisdn").because(reason)
        }
        AcceptError::OverHourlyCap { .. } => Failure::new("HOURLY_CAP_REACHED").because(reason),
        AcceptError::KeyReused => echo("REFERENCE_REUSED", "reference")
            .because("another request came with this reference before"),
        AcceptError::InProgress => echo("REFERENCE_REUSED", "reference")
            .because("an earlier request with this reference is not answered yet; try again"),
        AcceptError::TooManyNumbers(_) => Failure::new("TOO_MANY_RECIPIENTS").because(reason),
        AcceptError::BadSender(_) => echo("SENDER_INVALID", "sender").because(reason),
        AcceptError::Store(source) => not_stored(source),
        AcceptError::SilentNotAllowed => echo("ACCESS_DENIED", "silent").because(reason),
        AcceptError::PremiumNotAllowed => echo("ACCESS_DENIED", "price").because(reason),
        AcceptError::BadCallback(_) => echo("CALLBACK_INVALID", "callback").because(reason),
        AcceptError::Variables(_) => Failure::new("TEXT_INVALID").because(reason),
        AcceptError::TooManyCallbacks { .. }
        | AcceptError::NoAccount
        | AcceptError::NotForOrders
        | AcceptError::SenderNotApproved
        | AcceptError::NoSuchTemplate
        | AcceptError::OtpNotAllowed
        | AcceptError::TooManyForOtp { .. }
        | AcceptError::BadWebhook(_)
        | AcceptError::NoWebhook
        | AcceptError::NotOpened(_) => Failure::new("BAD_REQUEST").because(reason),
    }
}

fn not_quoted(error: &QuoteError, asked: &Parameters) -> Failure {
    let echo = |word, field| Failure::echo(word, "sms", field, asked.get(field));
    let reason = error.to_string();
    match error {
        QuoteError::EmptyText => echo("TEXT_EMPTY", "text"),
        QuoteError::TextTooLong { .. } | QuoteError::BadText(TextError::TooLong { .. }) => {
            Failure::new("TEXT_LONG").because(reason)
        }
        QuoteError::BadText(TextError::Empty) => echo("TEXT_EMPTY", "text"),
        QuoteError::BadText(_) => Failure::new("TEXT_INVALID").because(reason),
        QuoteError::NoRecipients => no_recipient(),
        QuoteError::TooManyRecipients { .. } => Failure::new("TOO_MANY_RECIPIENTS").because(reason),
        QuoteError::NoValidNumber => echo("MSISDN_INVALID", "msisdn").because(reason),
        QuoteError::AllBlocked => echo("MSISDN_BLOCKED", "msisdn")
            .because("who has this number wants no messages from this account"),
        QuoteError::NoRoute => echo("MSISDN_UNROUTABLE", "msisdn").because(reason),
        QuoteError::ChargedParts { .. } => Failure::new("TEXT_LONG").because(reason),
        QuoteError::NoCharge => echo("PRICE_UNAVAILABLE", "price").because(reason),
        QuoteError::PriceTooHigh => Failure::new("CANNOT_AFFORD").because(reason),
    }
}

fn not_stored(error: &PortError) -> Failure {
    error.into()
}
