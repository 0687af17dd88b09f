//! `getServicesList`: the services and their names.

use domain::activation::service::Service;
use serde_json::{Value, json};

use super::answer::{Answer, Answered};

pub(super) fn get_services_list() -> Answered {
    let services: Vec<Value> = Service::listed()
        .map(|service| json!({ "code": service.code.as_str(), "name": service.name }))
        .collect();
    Ok(Answer::Json(json!({ "status": "success", "services": services })))
}
