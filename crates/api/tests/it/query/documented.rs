//! The door's OpenAPI document, compared with the routes and with answers.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{EXAMPLE, Shop};
use crate::client::Answer;
use crate::house::Open;
use crate::schema::check;

fn document() -> Value {
    serde_json::from_str(include_str!("../../../openapi/query.json")).unwrap()
}

#[test]
fn has_every_endpoint_and_no_other() {
    let source = include_str!("../../../src/query/routes.rs");
    let endpoints = source.split("endpoint!(door, \"").skip(1);
    let endpoint = |rest: &str| format!("/api/4/{}/api.json", rest.split('"').next().unwrap());
    let mut routed: BTreeSet<_> = endpoints.map(endpoint).collect();
    routed.insert("/api/4/openapi.json".to_owned());
    let documented: BTreeSet<_> =
        document()["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(documented, routed);
    assert!(routed.len() > 4);
}

/// Words in capitals within quotes.
fn words(text: &str) -> BTreeSet<&str> {
    let is_word = |word: &&str| {
        word.len() > 4 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    text.split(['"', '`']).filter(is_word).collect()
}

/// Whether a schema of the document has this word in `success`.
fn succeeds(document: &Value, word: &str) -> bool {
    let schemas = document["components"]["schemas"].as_object().unwrap().values();
    let mut success = schemas.map(|schema| &schema["properties"]["success"]);
    success.any(|rule| {
        let words = rule["enum"].as_array();
        rule["const"] == word || words.is_some_and(|words| words.iter().any(|one| one == word))
    })
}

/// The words that the door's source has before its tests, and the document's table.
#[test]
fn every_word_of_an_error_is_explained() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/query");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let sources: Vec<_> = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let code = sources.iter().map(|source| source.split("#[cfg(test)]").next().unwrap());
    let mut used: BTreeSet<_> = code.flat_map(words).collect();
    let openapi = document();
    used.retain(|word| !succeeds(&openapi, word));
    let document = include_str!("../../../../../docs/query.md");
    let (_, errors) = document.split_once("## Errors").unwrap();
    let rows: String = errors.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(words(&rows), used);
    assert!(used.len() > 20, "{used:?}");
}

#[tokio::test]
async fn is_served_to_everybody() {
    let open = Open::new().await;
    let answer = open.get("/api/4/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), document());
}

fn conforms(path: &str, answer: &Answer) {
    let document = document();
    for method in ["get", "post"] {
        let response = &document["paths"][path][method]["responses"]["200"];
        let either = &response["content"]["application/json"]["schema"]["oneOf"];
        let json = answer.json();
        let schema = &either[usize::from(json["status"] == "error")];
        assert!(schema.is_object(), "{path} is not documented");
        if let Err(wrong) = check(&document, schema, &json) {
            panic!("{method} {path}: {wrong}\n{answer}");
        }
    }
}

#[tokio::test]
async fn answers_are_as_documented() {
    let shop = Shop::new().await;
    for (path, parameters) in [
        ("/api/4/sms/api.json", EXAMPLE),
        ("/api/4/sms/api.json", "msisdn=4520123456&text=a&sender=Min+blog"),
        ("/api/4/sms/api.json", "msisdn=4520123456,66812345678&text=a&sender=You"),
        ("/api/4/sms/api.json", "msisdn=x"),
        ("/api/4/sms/api.json", "key=wrong"),
        ("/api/4/view/outbox/api.json", ""),
        ("/api/4/view/outbox/api.json", "page=0"),
        ("/api/4/view/yourprices/api.json", ""),
        ("/api/4/view/yourprices/api.json", "user=nobody"),
        ("/api/4/get/dialcodes/api.json", ""),
        ("/api/4/get/dialcodes/api.json", "key="),
        ("/api/4/group/create/api.json", "name=x"),
        ("/api/4/group/edit/api.json", "group=1&name=y"),
        ("/api/4/contact/create/api.json", "fullname=Ida&msisdn=4520123456&zipcode=5000"),
        ("/api/4/contact/create/api.json", ""),
        ("/api/4/contact/edit/api.json", "contact=1&sex=2"),
        ("/api/4/contact/addgroup/api.json", "contact=1&group=1"),
        ("/api/4/view/contacts/api.json", ""),
        ("/api/4/view/contact/api.json", "contact=1"),
        ("/api/4/view/groups/api.json", ""),
        ("/api/4/view/group/api.json", "group=1"),
        ("/api/4/view/group/api.json", "group=9"),
        ("/api/4/view/user/api.json", ""),
        ("/api/4/contact/removegroup/api.json", "contact=1&group=1"),
        ("/api/4/contact/delete/api.json", "contact=1"),
        ("/api/4/group/delete/api.json", "group=1"),
        ("/api/4/user/newapikey/api.json", "pass=wrong"),
        ("/api/4/user/deleteapikey/api.json", "apikey=x"),
    ] {
        shop.tick();
        conforms(path, &shop.get(path, parameters).await);
        conforms(path, &shop.post(path, parameters).await);
    }
}
