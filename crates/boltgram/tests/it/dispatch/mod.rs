//! Order and routes of submission: lanes, fair shares and routes, with a real store between engine and
//! carriers.

mod callbacks;
mod forged;
mod house;
mod lanes;
mod lent_numbers;
mod line;
mod quiet;
mod receipts_at_once;
mod routes;
