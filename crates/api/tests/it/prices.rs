//! What things cost, and in which countries.

use std::fmt::Write as _;

use crate::house::Open;

#[tokio::test]
async fn tells_prices() {
    let open = Open::new().await;
    let mut told = String::new();
    for path in [
        "/price",
        "/price?country=us&service=google",
        "/price?country=187",
        "/price?country=0",
        "/price?country=USA%20(virtual)&service=ot",
        "/price?country=USA+(virtual)",
        "/price?service=tg",
        "/price?country=",
        "/price?country=999&service=%22%3Cb%3E",
        "/price?country=atlantis",
        "/getPrice",
        "/getPrice?country=43&service=tg",
        "/getPrice?country=atlantis",
    ] {
        let answer = open.get(path).await;
        writeln!(told, "{path}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn lists_countries_once_each() {
    let open = Open::new().await;
    let answer = open.get("/getCountries").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let list = answer.json();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 185);
    assert_eq!(list[0].to_string(), r#"{"eng":"Auto-Select","id":999}"#);
    let germany = r#"{"id":43,"eng":"Germany","visible":1,"retry":1,"rent":1}"#;
    assert!(answer.body.contains(germany), "{}", answer.body);
    assert!(answer.body.contains(r#""eng":"Furkinafaso""#));
    assert!(!answer.body.contains("United Kingdom"), "aliases are not listed");
}
