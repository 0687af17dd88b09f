//! `GET /getnumbersstatus`, `/getServices`, `/getRentalCountries`: numbers to be had for receiving.
//! There are none here yet, which is an empty list: clients walk through it.

use axum::Json;

pub(crate) async fn list_numbers() -> Json<[(); 0]> {
    Json([])
}
