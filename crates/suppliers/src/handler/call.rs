//! One request to a wholesaler, in its turn, and its answer.
//!
//! A request that buys is written to a connection once. Whatever leaves it open whether the wholesaler
//! has done it (no answer, a cut one, a 5xx, a redirect, HTML) is [`PortError::Unknown`] for it.

use std::sync::Arc;

use domain::ports::{
    Cause, Fetch, FetchError, FetchMethod, FetchRequest, FetchResponse, PortError,
};
use url::Url;

use super::answer::{self, Answer, Effect, Meaning};
use super::options::{HandlerConfigError, HandlerOptions};
use super::pace::Pace;

/// Prices of all services of all countries have some hundred kilobytes.
const ANSWER_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// Besides purchases: what is not ended in time is paid for.
const URGENT: [&str; 2] = ["setStatus", "setRentStatus"];

#[derive(Debug)]
pub(super) struct Wholesaler {
    pub options: HandlerOptions,
    pub pace: Pace,
    url: Url,
    fetch: Arc<dyn Fetch>,
}

pub(super) type Parameters<'a> = &'a [(&'static str, String)];

impl Wholesaler {
    pub(super) fn new(
        options: HandlerOptions,
        fetch: Arc<dyn Fetch>,
    ) -> Result<Self, HandlerConfigError> {
        let url = options.check()?;
        let pace = Pace::new(options.rate, options.timeout);
        Ok(Self { options, pace, url, fetch })
    }

    /// A request whose repeat adds nothing.
    pub(super) async fn ask(
        &self,
        action: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Answer, PortError> {
        self.call(action, parameters, Effect::Repeatable).await
    }

    /// A request that costs money.
    pub(super) async fn buy(
        &self,
        action: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Answer, PortError> {
        self.call(action, parameters, Effect::Buys).await
    }

    /// Any answer but an error word.
    async fn call(
        &self,
        action: &'static str,
        parameters: Parameters<'_>,
        effect: Effect,
    ) -> Result<Answer, PortError> {
        let has_turn = if effect == Effect::Buys || URGENT.contains(&action) {
            self.pace.urgent_turn().await
        } else {
            self.pace.turn().await
        };
        if !has_turn {
            return Err(PortError::Unavailable(
                "too many requests wait for this wholesaler".to_owned(),
            ));
        }
        let response = self.fetch.fetch(self.request(action, parameters, effect)).await;
        let answer = response.map_err(|error| unanswered(&error, effect));
        let answer = answer.and_then(|response| read(&response, effect));
        match &answer {
            Ok(answer) => match answer.error_word().map(answer::meaning) {
                Some(Meaning::OurAccount | Meaning::TooMuch | Meaning::ItsFault) => {
                    self.pace.failed();
                }
                _ => self.pace.succeeded(),
            },
            Err(_) => self.pace.failed(),
        }
        let answer = answer?;
        match answer.error_word() {
            Some(word) => Err(answer::refusal(word, effect)),
            None => Ok(answer),
        }
    }

    fn request(
        &self,
        action: &'static str,
        parameters: Parameters<'_>,
        effect: Effect,
    ) -> FetchRequest {
        let mut url = self.url.clone();
        url.query_pairs_mut()
            .append_pair("api_key", self.options.api_key.expose())
            .append_pair("action", action)
            .extend_pairs(parameters.iter().map(|(name, value)| (*name, value.as_str())));
        let method = match effect {
            Effect::Repeatable => FetchMethod::Get,
            Effect::Buys => FetchMethod::GetOnce,
        };
        FetchRequest {
            url,
            method,
            headers: Vec::new(),
            timeout: self.options.timeout,
            body_bytes_max: ANSWER_BYTES_MAX,
        }
    }
}

fn unanswered(error: &FetchError, effect: Effect) -> PortError {
    match (error, effect) {
        (FetchError::TimedOut | FetchError::Unreachable(Cause::Broken), Effect::Buys) => {
            PortError::Unknown(error.to_string())
        }
        // The cause is for the operator, and this error reaches nobody else.
        (FetchError::Unreachable(cause), _) => PortError::Unavailable(cause.to_string()),
        _ => PortError::Unavailable(error.to_string()),
    }
}

/// Some wholesalers send their error words with statuses of their own, so the body is read first.
fn read(response: &FetchResponse, effect: Effect) -> Result<Answer, PortError> {
    let status = response.status;
    if status == 204 {
        return Ok(Answer::Nothing);
    }
    if response.body.len() >= ANSWER_BYTES_MAX {
        return Err(answer::unreadable("is too long", effect));
    }
    let body = answer::read(&response.body);
    if let Ok(answer) = &body
        && answer.error_word().is_some_and(|word| answer::meaning(word) != Meaning::ItsFault)
    {
        return body.map_err(|why| answer::unreadable(why, effect));
    }
    let said = || format!("the wholesaler answered with status {status}");
    match status {
        200..=299 => body.map_err(|why| answer::unreadable(why, effect)),
        // A request that the wholesaler did not accept. After 408 and 409 it may have.
        400..=407 | 410..=499 => Err(PortError::Unavailable(said())),
        _ => match effect {
            Effect::Buys => Err(PortError::Unknown(said())),
            Effect::Repeatable => Err(PortError::Unavailable(said())),
        },
    }
}
