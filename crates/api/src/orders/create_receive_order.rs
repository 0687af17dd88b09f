//! `POST /createorder`: a number for receiving or for rent. Not sold here yet.

use http::{Refusal, bad_request};

use super::caller::Buyer;

/// A bad key is refused as for every order.
pub(crate) async fn create_receive_order(_: Buyer) -> Refusal {
    bad_request("this server does not offer numbers for receiving or renting yet")
}
