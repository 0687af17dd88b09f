//! The admin door: its document compared with its routes, and authentication. Its functions are tested
//! with a store in `boltgram/tests/it/walk_admin.rs`.

mod document;

use api::HttpSettings;
use domain::account::KeyHash;
use domain::account::operator::NewOperator;
use domain::id::OperatorId;
use http::Server;
use sha2::{Digest, Sha256};
use testkit::clock::NOON;

use crate::house::{BY, House, Open};

const KEY: &str = "bgo_11";
const TOO_DEAR: &str = r#"{"prices":[{"prefix":"45","msat":100000000001}]}"#;

/// A server with an operator.
async fn open() -> Open {
    let house = House::new().await;
    let hash = KeyHash(Sha256::digest(KEY.as_bytes()).into());
    let operator = NewOperator { name: "Ida".to_owned(), hash };
    house.store.add_operator(operator, BY, NOON).await.unwrap();
    house.open_as(HttpSettings::default()).await
}

#[tokio::test]
async fn nobody_comes_in_without_an_operators_key() {
    let open = open().await;
    let customer = open.house.key(crate::house::sats(1), "*", None).await;
    let bearer = |key: &str| format!("Bearer {key}");
    for (name, key) in [
        ("X-API-Key", "bgo_12"),
        ("X-API-Key", &customer),
        ("Authorization", &bearer("bgo_12")),
        ("Authorization", &bearer("")),
        ("Authorization", KEY),
        ("X-Nothing", KEY),
    ] {
        for path in ["/admin/v1/accounts", "/admin/v1/nothing", "/admin/v1"] {
            let answer = open.call("GET", path, &[(name, key)], "").await;
            assert_eq!((answer.status, &answer.json()["code"]), (401, &"UNAUTHORIZED".into()));
        }
    }
    for (name, key) in
        [("X-API-Key", KEY), ("Authorization", &bearer(KEY)), ("authorization", "bearer bgo_11")]
    {
        let answer = open.call("GET", "/admin/v1/routes", &[(name, key)], "").await;
        assert_eq!(answer.status, 200, "{name}: {answer}");
    }
    assert!(open.house.store.revoke_operator(OperatorId(1), BY, NOON).await.unwrap());
    let answer = open.call("GET", "/admin/v1/routes", &[("X-API-Key", KEY)], "").await;
    assert_eq!((answer.status, &answer.json()["error"]), (401, &"the API key was revoked".into()));
}

#[tokio::test]
async fn refusals_have_the_envelope() {
    let open = open().await;
    for (method, path, body, status, code) in [
        ("GET", "/admin/v1/nothing", "", 404, "NOT_FOUND"),
        ("GET", "/admin/v1/accounts/x", "", 404, "NOT_FOUND"),
        ("DELETE", "/admin/v1/accounts", "", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/admin/v1/accounts?limit=0", "", 400, "INVALID_PARAMS"),
        ("GET", "/admin/v1/accounts?after=x", "", 400, "INVALID_PARAMS"),
        ("GET", "/admin/v1/accounts?limit=", "", 400, "INVALID_PARAMS"),
        ("GET", "/admin/v1/audit?action=", "", 400, "INVALID_PARAMS"),
        ("GET", "/admin/v1/prices?after=", "", 400, "INVALID_PARAMS"),
        ("GET", "/admin/v1/recipients?number=", "", 400, "INVALID_PARAMS"),
        ("GET", "/admin/v1/messages?from=", "", 400, "INVALID_PARAMS"),
        ("POST", "/admin/v1/accounts", "{", 400, "INVALID_PARAMS"),
        ("POST", "/admin/v1/accounts", "[\"acme\"]", 400, "INVALID_PARAMS"),
        ("PUT", "/admin/v1/prices", TOO_DEAR, 400, "INVALID_PARAMS"),
        ("POST", "/admin/v1/accounts", "{\"nam\":\"x\"}", 400, "INVALID_PARAMS"),
        ("POST", "/admin/v1/accounts", "{\"name\":\"a b\"}", 400, "INVALID_PARAMS"),
        ("POST", "/admin/v1/keys", "{\"account\":1,\"rate\":0}", 400, "INVALID_PARAMS"),
        ("POST", "/admin/v1/blocklist", "{\"numbers\":[\"x\"]}", 400, "INVALID_PARAMS"),
        ("PUT", "/admin/v1/prices", "{\"prices\":[]}", 400, "INVALID_PARAMS"),
        ("PUT", "/admin/v1/accounts/1/groups/1/contacts", "x", 400, "INVALID_PARAMS"),
    ] {
        let answer = open.call(method, path, &[("X-API-Key", KEY)], body).await;
        let told = answer.json();
        assert_eq!((answer.status, &told["code"]), (status, &code.into()), "{method} {path}");
        assert!(told["error"].is_string() && told.as_object().unwrap().len() == 2, "{told}");
    }
}

#[tokio::test]
async fn moves_to_the_admin_listener() {
    let house = House::new().await;
    let admin = api::admin_router(house.engine.clone(), HttpSettings::default());
    let http = HttpSettings { tells_operator: false, ..HttpSettings::default() };
    let open = house.open_as(http).await;
    assert_eq!(open.get("/admin/v1/openapi.json").await.status, 404);
    let open = open.house.open_with(admin, Server::default()).await;
    assert_eq!(open.get("/admin/v1/openapi.json").await.status, 200);
}
