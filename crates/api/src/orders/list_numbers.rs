//! `GET /getnumbersstatus`, `/getServices`, `/getRentalCountries`: numbers offered for receiving.
//! None are offered yet, which is an empty list: clients iterate over it.

use axum::Json;
use http::{QueryPairs, Refusal};

use super::countries::read_country;

pub(crate) async fn list_numbers(query: QueryPairs) -> Result<Json<[(); 0]>, Refusal> {
    read_country(&query)?;
    Ok(Json([]))
}
