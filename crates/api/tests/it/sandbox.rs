//! The sandbox wallet.

use std::fmt::Write as _;
use std::sync::Arc;

use api::HttpSettings;

use crate::fakes::FakeWallet;
use crate::house::{House, Open};

#[tokio::test]
async fn pays_invoices() {
    let http = HttpSettings { sandbox: Some(Arc::new(FakeWallet)), ..HttpSettings::default() };
    let open = House::new().await.open_as(http).await;
    let mut told = String::new();
    for body in [
        r#"{"payreq":"lnbcrt1"}"#,
        r#"{"payreq":"lnbcrt1settled"}"#,
        r#"{"payreq":" lnbcrt1cancelled\n"}"#,
        r#"{"payreq":"nonsense"}"#,
        r#"{"payreq":5}"#,
        "{}",
        "",
    ] {
        let answer = open.post("/sandbox/pay", body).await;
        writeln!(told, "{}\n  {} {}", body.escape_debug(), answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
    assert_eq!(open.get("/sandbox/pay").await.status, 405);
}

#[tokio::test]
async fn is_not_there_without_one() {
    let open = Open::new().await;
    assert_eq!(open.post("/sandbox/pay", r#"{"payreq":"lnbcrt1"}"#).await.status, 404);
}
