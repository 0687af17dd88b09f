//! `/admin/v1/numbers…`: numbers of ours.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::AccountId;
use domain::inbound::Party;
use domain::number::own::{Abilities, Line, NumberState, NumberTerms, OwnNumber};
use domain::ports::NumberList;
use domain::routing::CarrierName;
use domain::text::Text;
use http::{By, JsonObject, QueryPairs, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{misformed, none, number_not_changed, store_failed};
use super::page::{account, bad_cursor, limit, page};
use super::path::{Numbered, is_number};
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(number: &OwnNumber) -> Value {
    let OwnNumber { number, terms, state, origin, created_at, updated_at } = number;
    let (carrier, phone) = match &terms.line {
        None => (None, None),
        Some(Line::Carrier(name)) => (Some(name.as_str()), None),
        Some(Line::Phone(id)) => (None, Some(*id)),
    };
    json!({
        "number": number.as_str(),
        "country": terms.country.map(|country| country.to_string()),
        "can": terms.can.words().collect::<Vec<_>>(),
        "carrier": carrier,
        "phone": phone,
        "account": terms.account,
        "webhookUrl": terms.webhook_url,
        "helpText": terms.help.as_ref().map(|help| help.as_str()),
        "keywords": terms.keywords,
        "status": state.as_str(),
        "origin": origin.as_str(),
        "createdAt": Moment(*created_at),
        "updatedAt": Moment(*updated_at),
    })
}

pub(crate) async fn list_numbers(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&query)?;
    let after = query.written("after");
    if after.is_some_and(|after| !is_number(after)) {
        return Err(bad_cursor());
    }
    let list =
        NumberList { account: account(&query)?, after: after.map(Party::new), limit: limit + 1 };
    let found = door.engine.numbers.list(list).await.map_err(store_failed)?;
    Ok(Json(page(found, limit, view, |number| json!(number.number.as_str()))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNumber {
    number: String,
    country: Option<String>,
    can: Option<Vec<String>>,
    carrier: Option<String>,
    account: Option<i64>,
    #[serde(rename = "webhookUrl")]
    webhook_url: Option<String>,
    #[serde(rename = "helpText")]
    help_text: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Terms {
    country: Option<String>,
    can: Option<Vec<String>>,
    carrier: Option<String>,
    account: Option<i64>,
    webhook_url: Option<String>,
    help_text: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
}

impl Terms {
    fn read(self) -> Result<NumberTerms, Refusal> {
        let country = self.country.as_deref().map(str::parse).transpose();
        let words = self.can.as_ref().map(|words| words.iter().map(String::as_str));
        let can = words.map_or_else(|| Ok(Abilities::default()), Abilities::from_words);
        Ok(NumberTerms {
            country: country.map_err(|error| misformed("country", error))?,
            can: can.map_err(|error| misformed("can", error))?,
            line: self.carrier.map(|name| Line::Carrier(CarrierName::new(&name))),
            account: self.account.map(AccountId),
            webhook_url: self.webhook_url,
            help: self.help_text.map(Text::from),
            keywords: self.keywords,
        })
    }
}

pub(crate) async fn add_number(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(new): JsonObject<NewNumber>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let NewNumber { number, country, can, carrier, account, webhook_url, help_text, keywords } =
        new;
    let terms =
        Terms { country, can, carrier, account, webhook_url, help_text, keywords }.read()?;
    let added = door.engine.numbers.add(&number, terms, by).await;
    added.map(|number| (StatusCode::CREATED, Json(view(&number)))).map_err(number_not_changed)
}

pub(crate) async fn show_number(
    State(door): State<DoorState>,
    Numbered(number): Numbered,
) -> Result<Json<Value>, Refusal> {
    let found = door.engine.numbers.get(&number).await.map_err(store_failed)?;
    found.map(|number| Json(view(&number))).ok_or_else(none)
}

/// Replaces all of its terms: what is not given is as for a new number.
pub(crate) async fn set_number(
    State(door): State<DoorState>,
    Numbered(number): Numbered,
    By(by): By,
    JsonObject(terms): JsonObject<Terms>,
) -> Result<Json<Value>, Refusal> {
    let set = door.engine.numbers.set(&number, terms.read()?, by).await;
    set.map(|number| Json(view(&number))).map_err(number_not_changed)
}

pub(crate) async fn enable_number(
    State(door): State<DoorState>,
    Numbered(number): Numbered,
    By(by): By,
) -> Result<Json<Value>, Refusal> {
    let set = door.engine.numbers.set_state(&number, NumberState::Active, by).await;
    set.map(|number| Json(view(&number))).map_err(number_not_changed)
}

pub(crate) async fn disable_number(
    State(door): State<DoorState>,
    Numbered(number): Numbered,
    By(by): By,
) -> Result<Json<Value>, Refusal> {
    let set = door.engine.numbers.set_state(&number, NumberState::Disabled, by).await;
    set.map(|number| Json(view(&number))).map_err(number_not_changed)
}

pub(crate) async fn remove_number(
    State(door): State<DoorState>,
    Numbered(number): Numbered,
    By(by): By,
) -> Result<StatusCode, Refusal> {
    let removed = door.engine.numbers.remove(&number, by).await;
    removed.map(|_| StatusCode::NO_CONTENT).map_err(number_not_changed)
}
