//! The admin door's OpenAPI document, compared with its routes.

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

/// The example requests in `docs/admin.md`: method, path and body.
fn shown() -> Vec<(String, String, Option<Value>)> {
    let page = include_str!("../../../../../docs/admin.md");
    let read = |line: &str| {
        let (method, rest) = line.split_once(' ')?;
        let is_request = ["GET", "POST", "PUT", "DELETE"].contains(&method);
        let rest = Some(rest.trim_start()).filter(|rest| is_request && rest.starts_with('/'))?;
        let (path, body) = rest.split_once(' ').map_or((rest, None), |(path, b)| (path, Some(b)));
        let path = path.split('?').next()?.to_owned();
        Some((method.to_owned(), path, body.map(|body| serde_json::from_str(body).unwrap())))
    };
    page.lines().filter_map(read).collect()
}

fn is_of(path: &str, documented: &str) -> bool {
    let same = |(a, b): (&str, &str)| a == b || b.starts_with('{');
    path.split('/').count() == documented.split('/').count()
        && path.split('/').zip(documented.split('/')).all(same)
}

#[test]
fn the_page_for_operators_shows_requests_that_are_documented() {
    let (document, shown) = (document(), shown());
    assert!(shown.len() > 30, "{}", shown.len());
    for (method, path, body) in shown {
        let documented = documented();
        let found = documented.iter().find(|(m, p)| *m == method && is_of(&path, p));
        let (_, documented) = found.unwrap_or_else(|| panic!("{method} {path}"));
        let operation = &document["paths"][documented][method.to_lowercase()];
        let Some(body) = body else { continue };
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let known = schema["properties"].as_object().unwrap();
        let given = body.as_object().unwrap();
        assert!(given.keys().all(|name| known.contains_key(name)), "{method} {path}: {body}");
        let required = schema["required"].as_array().unwrap();
        let has = |name: &Value| given.contains_key(name.as_str().unwrap());
        assert!(required.iter().all(has), "{method} {path}: {body}");
    }
}
