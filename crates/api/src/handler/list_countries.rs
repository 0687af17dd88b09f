//! `getCountries`, `getOperators`: the countries of activations, and that no operator can be chosen.

use domain::activation::country::{AUTO_SELECT, Country};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Answered};
use super::call::Call;
use super::fields::read_country;

/// The names in other languages are the English ones: the table has no others.
pub(super) fn get_countries() -> Answered {
    let listed = Country::all().iter().filter(|country| country.code != AUTO_SELECT);
    let entries = listed.map(|country| {
        let (code, name) = (country.code.0, country.label());
        let entry = json!({
            "id": code, "rus": name, "eng": name, "chn": name, "visible": 1, "retry": 1, "rent": 1,
            "multiService": 1,
        });
        (code.to_string(), entry)
    });
    Ok(Answer::Json(Value::Object(entries.collect())))
}

pub(super) fn get_operators(call: &Call) -> Answered {
    let any = || json!(["any"]);
    let operators: Map<_, _> = match read_country(call)? {
        Some(country) => [(country.to_string(), any())].into_iter().collect(),
        None => {
            let listed = Country::all().iter().filter(|country| country.code != AUTO_SELECT);
            listed.map(|country| (country.code.to_string(), any())).collect()
        }
    };
    Ok(Answer::Json(json!({ "status": "success", "countryOperators": operators })))
}
