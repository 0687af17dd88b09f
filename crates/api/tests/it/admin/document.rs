//! The document of the admin door, held against its routes.

use std::collections::BTreeSet;

use domain::limits;
use serde_json::Value;

use super::open;
use crate::schema::resolve;

fn document() -> Value {
    serde_json::from_str(include_str!("../../../openapi/admin.json")).unwrap()
}

type Route = (String, String);

fn documented() -> BTreeSet<Route> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Value)| {
        let methods: Vec<_> = item.as_object().unwrap().keys().cloned().collect();
        methods.into_iter().map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

fn routed() -> BTreeSet<Route> {
    let door = include_str!("../../../src/admin/routes.rs");
    let mut routes = BTreeSet::new();
    for route in door.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap();
        for (word, method) in
            [("get(", "GET"), ("post(", "POST"), ("put(", "PUT"), ("delete(", "DELETE")]
        {
            if route.contains(word) {
                routes.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    routes
}

#[test]
fn has_every_route_and_no_other() {
    assert_eq!(documented(), routed());
    assert!(documented().len() > 40, "{}", documented().len());
}

#[tokio::test]
async fn is_served_to_everybody() {
    let answer = open().await.get("/admin/v1/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), document());
}

#[tokio::test]
async fn every_documented_operation_answers() {
    let open = open().await;
    for (method, path) in documented() {
        let path = path.replace("{account}", "1").replace("{id}", "1");
        let path = path.replace("{number}", "4520123456").replace("{uuid}", "none");
        let answer = open.call(&method, &path, &[("X-API-Key", super::KEY)], "{}").await;
        assert_ne!(answer.status, 405, "{method} {path}");
        assert_ne!(answer.json()["error"], "there is no such path", "{method} {path}");
    }
}

#[test]
fn tells_the_limits() {
    let document = document();
    let at = |path: &str| document.pointer(path).and_then(Value::as_u64).unwrap();
    let body = |path: &str, method: &str| {
        let path = path.replace('/', "~1");
        format!("/paths/{path}/{method}/requestBody/content/application~1json/schema/properties")
    };
    let numbers = format!("{}/numbers/maxItems", body("/admin/v1/blocklist", "post"));
    assert_eq!(at(&numbers), limits::BLOCKS_BATCH_MAX as u64);
    let text = body("/admin/v1/accounts/{account}/templates", "post");
    assert_eq!(at(&format!("{text}/text/maxLength")), limits::BULK_TEXT_CHARS_MAX as u64);
    let settings = body("/admin/v1/accounts/{account}/settings", "put");
    let most = format!("{settings}/recipientsPerMessage/maximum");
    assert_eq!(at(&most), u64::from(limits::MESSAGE_RECIPIENTS_MAX));
    let limit = &document["paths"]["/admin/v1/accounts"]["get"]["parameters"][0]["schema"];
    assert_eq!(limit["maximum"].as_u64(), Some(u64::from(limits::ADMIN_PAGE_MAX)));
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(document: &Value, at: &Value) {
        if at.get("$ref").is_some() {
            assert!(resolve(document, at).is_object(), "{at}");
        }
        match at {
            Value::Object(object) => object.values().for_each(|value| walk(document, value)),
            Value::Array(list) => list.iter().for_each(|value| walk(document, value)),
            _ => {}
        }
    }
    walk(&document(), &document());
}
