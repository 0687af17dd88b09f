//! `POST /createorder`: a number for receiving or for rent. Not sold here yet.

use http::{Refusal, failed};

pub(crate) async fn create_receive_order() -> Refusal {
    failed("this server does not offer numbers for receiving or renting yet")
}
