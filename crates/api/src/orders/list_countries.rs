//! `GET /getCountries`: the static table, each country once, by its first name.

use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use bytes::Bytes;
use domain::activation::country::{AUTO_SELECT, Country};
use serde::Serialize;

#[derive(Serialize)]
struct Listed {
    id: u16,
    eng: &'static str,
    #[serde(flatten)]
    offer: Option<Offer>,
}

/// A country as in the wholesaler's list; clients treat these fields as optional.
#[derive(Serialize)]
struct Offer {
    visible: u8,
    retry: u8,
    rent: u8,
}

static LIST: LazyLock<Bytes> = LazyLock::new(|| {
    let list: Vec<_> = Country::all().iter().map(listed).collect();
    // Numbers and names alone: it cannot fail.
    serde_json::to_vec(&list).unwrap_or_default().into()
});

fn listed(country: &Country) -> Listed {
    let offer = Offer { visible: 1, retry: 1, rent: 1 };
    Listed {
        id: country.code.0,
        eng: country.label(),
        offer: (country.code != AUTO_SELECT).then_some(offer),
    }
}

pub(crate) async fn list_countries() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], LIST.clone())
}
