//! `/admin/v1/accounts/{account}/profile` and `…/password`: what an account says about itself, and the
//! password of its logins.

use axum::Json;
use axum::extract::State;
use domain::account::profile::{AccountProfile, PROFILE_TEXTS, Profile};
use domain::number::Msisdn;
use domain::secret::Secret;
use http::{By, JsonObject, Refusal};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error_response::{field, none, password_not_set, profile_not_set, store_failed};
use super::path::Of;
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(found: &AccountProfile) -> Value {
    let profile = &found.profile;
    let texts = PROFILE_TEXTS.into_iter().zip(profile.texts());
    let mut view: Map<_, _> = texts.map(|(field, text)| (field.to_owned(), json!(text))).collect();
    let login = found.last_login.as_ref();
    view.insert("phone".to_owned(), json!(profile.phone));
    view.insert("twoFactor".to_owned(), json!(profile.two_factor));
    view.insert("hasPassword".to_owned(), json!(found.has_password));
    view.insert("lastLoginAt".to_owned(), json!(login.map(|login| Moment(login.at))));
    view.insert("lastLoginFrom".to_owned(), json!(login.map(|login| &login.from)));
    Value::Object(view)
}

pub(crate) async fn show_profile(
    State(door): State<DoorState>,
    Of(id): Of,
) -> Result<Json<Value>, Refusal> {
    let found = door.engine.accounts.profile(id).await.map_err(store_failed)?;
    Ok(Json(view(&found.ok_or_else(none)?)))
}

/// The whole profile: a field that is absent is emptied.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewProfile {
    company_name: Option<String>,
    company_id: Option<String>,
    ean_number: Option<String>,
    full_name: Option<String>,
    street: Option<String>,
    zip_code: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    two_factor: Option<bool>,
}

pub(crate) async fn set_account_profile(
    State(door): State<DoorState>,
    Of(id): Of,
    By(by): By,
    JsonObject(new): JsonObject<NewProfile>,
) -> Result<Json<Value>, Refusal> {
    let profile = Profile {
        company_name: new.company_name,
        company_id: new.company_id,
        ean_number: new.ean_number,
        full_name: new.full_name,
        street: new.street,
        zip_code: new.zip_code,
        email: new.email,
        phone: new.phone.as_deref().map(read_phone).transpose()?,
        two_factor: new.two_factor.unwrap_or(false),
    };
    let accounts = &door.engine.accounts;
    accounts.set_profile(id, profile, by).await.map_err(profile_not_set)?;
    let found = accounts.profile(id).await.map_err(store_failed)?;
    Ok(Json(view(&found.ok_or_else(none)?)))
}

fn read_phone(text: &str) -> Result<Msisdn, Refusal> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits.parse().map_err(|_| field("phone", "must be a number in E.164"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    password: String,
}

pub(crate) async fn set_account_password(
    State(door): State<DoorState>,
    Of(id): Of,
    By(by): By,
    JsonObject(new): JsonObject<NewPassword>,
) -> Result<Json<Value>, Refusal> {
    let password = Secret::new(new.password);
    door.engine.accounts.set_password(id, password, by).await.map_err(password_not_set)?;
    Ok(Json(json!({ "hasPassword": true })))
}
