//! `/admin/v1/accounts…`: who pays, what they have, what is agreed with them.

use std::str::FromStr;

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use domain::account::{Account, AccountName, AccountSettings, Balance};
use domain::id::AccountId;
use domain::limits::MESSAGE_RECIPIENTS_MAX;
use domain::message::campaign::RefundPolicy;
use domain::money::Msat;
use domain::ports::PortError;
use http::{By, JsonObject, QueryPairs, Refusal, Repeatable, bad_request, key_reused};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{field, none, not_done};
use super::page::{integer, limit, page};
use super::path::Of;
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(account: &Account, balance: Balance) -> Value {
    json!({
        "id": account.id,
        "name": account.name.as_str(),
        "availableMsat": balance.available,
        "reservedMsat": balance.reserved,
        "createdAt": Moment(account.created_at),
    })
}

pub(crate) async fn list_accounts(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let (limit, after) = (limit(&query)?, integer(&query, "after")?.unwrap_or(0));
    let found = door.engine.house().account_page(AccountId(after), limit + 1).await;
    let view = |(account, balance): &(Account, Balance)| view(account, *balance);
    Ok(Json(page(found.map_err(not_done)?, limit, view, |(account, _)| json!(account.id))))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewAccount {
    name: String,
    #[serde(default)]
    credit_msat: i64,
}

pub(crate) async fn add_account(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(new): JsonObject<NewAccount>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let name = field("name", AccountName::from_str(&new.name))?;
    if !(0..=CREDIT_MSAT_MAX).contains(&new.credit_msat) {
        return Err(bad_request("`creditMsat` must not be negative, nor more than one bitcoin"));
    }
    let credit = Msat::new(new.credit_msat);
    let account = door.engine.accounts.open(name, credit, by).await.map_err(not_done)?;
    let balance = Balance { available: credit, reserved: Msat::ZERO };
    Ok((StatusCode::CREATED, Json(view(&account, balance))))
}

/// One bitcoin: more is a slip of the finger.
const CREDIT_MSAT_MAX: i64 = 100_000_000_000;

pub(crate) async fn show_account(
    State(door): State<DoorState>,
    Of(id): Of,
) -> Result<Json<Value>, Refusal> {
    let house = door.engine.house();
    let account = house.account(id).await.map_err(not_done)?.ok_or_else(none)?;
    let balance = house.balance(id).await.map_err(not_done)?;
    let settings = house.account_settings(id).await.map_err(not_done)?.unwrap_or_default();
    let mut view = view(&account, balance);
    view["settings"] = settings_view(&settings);
    Ok(Json(view))
}

fn settings_view(settings: &AccountSettings) -> Value {
    json!({
        "refunds": settings.refunds.as_str(),
        "recipientsPerMessage": settings.recipients_per_message,
        "spendPerDayMsat": settings.spend_per_day,
    })
}

/// All of them: what is not given is the default.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Settings {
    refunds: Option<String>,
    recipients_per_message: Option<u32>,
    spend_per_day_msat: Option<i64>,
}

pub(crate) async fn set_account_settings(
    State(door): State<DoorState>,
    Of(id): Of,
    By(by): By,
    JsonObject(new): JsonObject<Settings>,
) -> Result<Json<Value>, Refusal> {
    let policy = new.refunds.as_deref().map(RefundPolicy::from_str).transpose();
    let refunds = policy.map_err(|_| bad_request("`refunds` must be undelivered or unsent"))?;
    let max = MESSAGE_RECIPIENTS_MAX;
    if new.recipients_per_message.is_some_and(|count| !(1..=max).contains(&count)) {
        return Err(bad_request(format!("`recipientsPerMessage` must be from 1 to {max}")));
    }
    if new.spend_per_day_msat.is_some_and(|msat| msat < 0) {
        return Err(bad_request("`spendPerDayMsat` must not be negative"));
    }
    let settings = AccountSettings {
        refunds: refunds.unwrap_or_default(),
        recipients_per_message: new.recipients_per_message,
        spend_per_day: new.spend_per_day_msat.map(Msat::new),
    };
    let view = settings_view(&settings);
    let (house, now) = (door.engine.house(), door.engine.now());
    let set = house.set_account_settings(id, settings, by, now).await.map_err(not_done)?;
    if set { Ok(Json(view)) } else { Err(none()) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credit {
    msat: i64,
}

pub(crate) async fn give_credit(
    State(door): State<DoorState>,
    Of(id): Of,
    By(by): By,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    let repeatable = Repeatable::of(request.headers(), request.uri().path())?;
    let JsonObject(credit): JsonObject<Credit> = JsonObject::from_request(request, &door).await?;
    if !(1..=CREDIT_MSAT_MAX).contains(&credit.msat) {
        return Err(bad_request("`msat` must be more than nothing, and at most one bitcoin"));
    }
    must_be_there(&door, id).await?;
    let amount = Msat::new(credit.msat);
    let key = repeatable.map(|repeatable| repeatable.finish().key);
    let given = door.engine.accounts.give_credit(id, amount, key.as_deref(), by).await;
    let available = given.map_err(|error| match error {
        PortError::Conflict(_) => {
            key_reused("the idempotency key came before, with another request")
        }
        error => not_done(error),
    })?;
    Ok(Json(json!({ "availableMsat": available })))
}

pub(super) async fn must_be_there(door: &DoorState, id: AccountId) -> Result<(), Refusal> {
    let found = door.engine.house().account(id).await.map_err(not_done)?;
    found.map(drop).ok_or_else(none)
}
