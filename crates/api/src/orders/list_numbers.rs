//! `GET /getnumbersstatus`, `/getServices`, `/getRentalCountries`: numbers offered for receiving.
//! None are offered yet, which is an empty list: clients iterate over it.

use axum::Json;

pub(crate) async fn list_numbers() -> Json<[(); 0]> {
    Json([])
}
