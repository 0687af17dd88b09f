//! Buys a number from the account's credit, and waits until it is here.
//!
//! The purchase is an order that workers fulfil. A caller of this protocol gets a number or a refusal, so
//! an order without a number in time is cancelled: nothing was charged then.

use std::time::Duration;

use domain::activation::rental::RentalState;
use domain::activation::{Activation, NumberRequest, State};
use domain::id::OrderId;
use domain::limits;
use domain::message::campaign::Idempotency;
use domain::message::door::Door;
use engine::accept::WebhookRequest;
use engine::activations::{NumberOrder, NumberPayment, WishError};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use super::amount::Unit;
use super::answer::Failure;
use super::call::Call;
use super::refusals::{not_changed, not_sold};
use crate::settings::DoorState;

/// How long a number is waited for: less than the time limits of clients, which are 30 s and more.
const NUMBER_WITHIN: Duration = Duration::from_secs(20);

/// An extension whose supplier was called cannot be cancelled, and is waited for a little longer.
const EXTENSION_WITHIN: Duration = Duration::from_secs(28);

/// Between two looks: at first, and at most.
const LOOK_MIN: Duration = Duration::from_millis(50);
const LOOK_MAX: Duration = Duration::from_millis(500);

pub(super) struct Purchase {
    pub wanted: NumberRequest,
    /// Parameters beside the wanted number that make requests with one idempotency key different.
    pub besides: String,
    pub webhook: Option<String>,
}

pub(super) async fn buy(
    door: &DoorState,
    call: &Call,
    purchase: Purchase,
) -> Result<Activation, Failure> {
    let unit = Unit(door.settings.handler_unit);
    let price_max = match call.get("maxPrice") {
        None => None,
        Some(text) => Some(unit.read(text).ok_or_else(|| Failure::word("WRONG_MAX_PRICE"))?),
    };
    let Purchase { wanted, besides, webhook } = purchase;
    let order = NumberOrder {
        idempotency: idempotency(call, &wanted, &besides)?,
        wanted,
        account: Some(call.account),
        payment: NumberPayment::Credit,
        price_max,
        door: Door::Handler,
        client: call.client.clone(),
        webhook: webhook.map(|url| WebhookRequest { url, wants: Default::default() }),
        referral: None,
    };
    let sold = door.engine.activations.order(order).await;
    let sold = sold.map_err(|error| not_sold(&error, unit))?;
    wait_for_number(door, call, sold.order).await
}

async fn wait_for_number(
    door: &DoorState,
    call: &Call,
    order: OrderId,
) -> Result<Activation, Failure> {
    let (begun, mut pause) = (Instant::now(), LOOK_MIN);
    loop {
        let found = door.engine.activations.of_order(order).await?;
        let Some(activation) = found else { return Err(Failure::word("SERVER_ERROR")) };
        if is_here(&activation) {
            return Ok(activation);
        }
        if activation.state.is_final() {
            return Err(Failure::word("NO_NUMBERS"));
        }
        if begun.elapsed() > NUMBER_WITHIN
            && let Some(ended) = give_up(door, call, activation).await?
        {
            return Ok(ended);
        }
        if begun.elapsed() > EXTENSION_WITHIN {
            // It may be extended yet: a repeat with the same idempotency key finds it.
            return Err(Failure::word("SERVER_ERROR"));
        }
        sleep(pause).await;
        pause = (pause * 2).min(LOOK_MAX);
    }
}

/// There is a number; of an extension: the end has moved.
fn is_here(activation: &Activation) -> bool {
    let extended = activation.state == State::Rental(RentalState::Ended);
    match activation.wanted.extends() {
        Some(_) => extended,
        None => activation.number.is_some(),
    }
}

/// Cancels it, unless a number came just now. `None`: it cannot be cancelled, and may still come.
async fn give_up(
    door: &DoorState,
    call: &Call,
    activation: Activation,
) -> Result<Option<Activation>, Failure> {
    let cancelled = door.engine.activations.cancel(activation.id, Some(call.account)).await;
    match cancelled {
        Ok(_) => return Err(Failure::word("NO_NUMBERS")),
        Err(
            WishError::TooEarly { .. } | WishError::CodeCame | WishError::Kept | WishError::Ended,
        ) => {}
        Err(error) => return Err(not_changed(&error)),
    }
    let now = door.engine.activations.get(activation.id, Some(call.account)).await?;
    match now {
        Some(now) if is_here(&now) => Ok(Some(now)),
        Some(now) if !now.state.is_final() => Ok(None),
        _ => Err(Failure::word("NO_NUMBERS")),
    }
}

/// The parameter `idempotency_key`, ours: a repeat is answered with the first one's number.
fn idempotency(
    call: &Call,
    wanted: &NumberRequest,
    besides: &str,
) -> Result<Option<Idempotency>, Failure> {
    let Some(key) = call.get("idempotency_key") else { return Ok(None) };
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if !visible || key.len() > limits::IDEMPOTENCY_KEY_CHARS_MAX {
        return Err(Failure::word("ERROR_SQL"));
    }
    let hours = wanted.duration().map_or(0, |duration| duration.as_secs());
    let extends = wanted.extends().map_or(0, |id| id.0);
    let country = wanted.country.map_or_else(|| "any".to_owned(), |country| country.to_string());
    let service = wanted.service.as_str();
    let content = format!("handler\n{service}\n{country}\n{hours}\n{extends}\n{besides}");
    Ok(Some(Idempotency { key: key.to_owned(), request: Sha256::digest(content).into() }))
}
