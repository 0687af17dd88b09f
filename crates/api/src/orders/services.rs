//! A service in a request of this door.

use domain::activation::service::{Service, ServiceError};
use http::{QueryPairs, Refusal, bad_request};

/// The service that the parameter `service` names; `None` without one.
pub(super) fn read_service(query: &QueryPairs) -> Result<Option<&'static Service>, Refusal> {
    query.get("service").filter(|text| !text.trim().is_empty()).map(find_service).transpose()
}

pub(super) fn find_service(text: &str) -> Result<&'static Service, Refusal> {
    Service::find(text).map_err(|error| match error {
        ServiceError::Unknown => bad_request("there is no such service; /getServices lists them"),
        ServiceError::Several(_) => bad_request(error.to_string()),
    })
}
