//! `/admin/v1/accounts…`: accounts, their credit and settings.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use domain::account::{Account, AccountSettings, Balance};
use domain::id::AccountId;
use domain::money::Msat;
use domain::number::SenderId;
use engine::accounts::{AccountView, NewSettings};
use http::{By, JsonObject, QueryPairs, Refusal, Repeatable};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{credit_not_given, none, not_opened, settings_not_set, store_failed};
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
        "disabled": account.disabled_at.is_some(),
    })
}

pub(crate) async fn list_accounts(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let (limit, after) = (limit(&query)?, integer(&query, "after")?.unwrap_or(0));
    let found = door.engine.accounts.page(AccountId(after), limit + 1).await;
    let view = |(account, balance): &(Account, Balance)| view(account, *balance);
    Ok(Json(page(found.map_err(store_failed)?, limit, view, |(account, _)| json!(account.id))))
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
    let credit = Msat::new(new.credit_msat);
    let opened = door.engine.accounts.open(&new.name, credit, by).await;
    let account = opened.map_err(not_opened)?;
    let balance = Balance { available: credit, reserved: Msat::ZERO };
    Ok((StatusCode::CREATED, Json(view(&account, balance))))
}

pub(crate) async fn show_account(
    State(door): State<DoorState>,
    Of(id): Of,
) -> Result<Json<Value>, Refusal> {
    let found = door.engine.accounts.show(id).await.map_err(store_failed)?;
    let AccountView { account, balance, settings } = found.ok_or_else(none)?;
    let mut view = view(&account, balance);
    view["settings"] = settings_view(&settings);
    Ok(Json(view))
}

fn settings_view(settings: &AccountSettings) -> Value {
    let traffic = &settings.traffic;
    let countries = traffic.countries.as_ref();
    let countries: Option<Vec<_>> =
        countries.map(|countries| countries.iter().map(|country| country.to_string()).collect());
    let caps = traffic.caps.iter().map(|cap| (cap.prefix.clone(), cap.messages.into()));
    let caps = Value::Object(caps.collect());
    json!({
        "refunds": settings.refunds.as_str(),
        "recipientsPerMessage": settings.recipients_per_message,
        "spendPerDayMsat": settings.spend_per_day,
        "otp": settings.otp,
        "webhookUrl": settings.webhook.as_ref().map(|webhook| &webhook.url),
        "webhookEvents": settings.webhook.as_ref().map(|webhook| webhook.events.as_str()),
        "callbackUrl": settings.callback_url,
        "countries": countries,
        "hourlyCaps": caps,
        "anySender": settings.senders.any,
        "defaultSender": settings.senders.default.as_ref().map(SenderId::as_str),
        "strictSenders": settings.senders.strict,
        "queryLatin1": settings.query_latin1,
        "silent": settings.silent,
        "premium": settings.premium,
    })
}

/// All settings: a field that is absent is set to its default.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Settings {
    refunds: Option<String>,
    recipients_per_message: Option<u32>,
    spend_per_day_msat: Option<i64>,
    otp: Option<bool>,
    webhook_url: Option<String>,
    callback_url: Option<String>,
    webhook_events: Option<String>,
    countries: Option<Vec<String>>,
    #[serde(default)]
    hourly_caps: BTreeMap<String, u32>,
    any_sender: Option<bool>,
    default_sender: Option<String>,
    strict_senders: Option<bool>,
    query_latin1: Option<bool>,
    silent: Option<bool>,
    premium: Option<bool>,
}

pub(crate) async fn set_account_settings(
    State(door): State<DoorState>,
    Of(id): Of,
    By(by): By,
    JsonObject(new): JsonObject<Settings>,
) -> Result<Json<Value>, Refusal> {
    let settings = NewSettings {
        refunds: new.refunds,
        recipients_per_message: new.recipients_per_message,
        spend_per_day: new.spend_per_day_msat.map(Msat::new),
        otp: new.otp.unwrap_or(false),
        webhook_url: new.webhook_url,
        callback_url: new.callback_url,
        webhook_events: new.webhook_events,
        countries: new.countries,
        hourly_caps: new.hourly_caps.into_iter().collect(),
        any_sender: new.any_sender.unwrap_or(false),
        default_sender: new.default_sender,
        strict_senders: new.strict_senders.unwrap_or(false),
        query_latin1: new.query_latin1.unwrap_or(false),
        silent: new.silent.unwrap_or(false),
        premium: new.premium.unwrap_or(false),
    };
    let set = door.engine.accounts.set_settings(id, settings, by).await;
    Ok(Json(settings_view(&set.map_err(settings_not_set)?)))
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
    let (amount, key) = read_credit(&door, request).await?;
    let given = door.engine.accounts.give_credit(id, amount, key.as_deref(), by).await;
    Ok(Json(json!({ "availableMsat": given.map_err(credit_not_given)? })))
}

pub(crate) async fn take_credit(
    State(door): State<DoorState>,
    Of(id): Of,
    By(by): By,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    let (amount, key) = read_credit(&door, request).await?;
    let taken = door.engine.accounts.take_credit(id, amount, key.as_deref(), by).await;
    Ok(Json(json!({ "availableMsat": taken.map_err(credit_not_given)? })))
}

/// The amount, and the request's idempotency key.
async fn read_credit(
    door: &DoorState,
    request: Request,
) -> Result<(Msat, Option<String>), Refusal> {
    let repeatable = Repeatable::of(request.headers(), request.uri().path())?;
    let JsonObject(credit): JsonObject<Credit> = JsonObject::from_request(request, door).await?;
    Ok((Msat::new(credit.msat), repeatable.map(|repeatable| repeatable.finish().key)))
}

pub(crate) async fn disable_account(
    state: State<DoorState>,
    of: Of,
    by: By,
) -> Result<Json<Value>, Refusal> {
    set_disabled(state, of, by, true).await
}

pub(crate) async fn enable_account(
    state: State<DoorState>,
    of: Of,
    by: By,
) -> Result<Json<Value>, Refusal> {
    set_disabled(state, of, by, false).await
}

async fn set_disabled(
    State(door): State<DoorState>,
    Of(id): Of,
    By(by): By,
    disabled: bool,
) -> Result<Json<Value>, Refusal> {
    let accounts = &door.engine.accounts;
    if !accounts.set_disabled(id, disabled, by).await.map_err(store_failed)? {
        return Err(none());
    }
    Ok(Json(json!({ "disabled": disabled })))
}
