//! Orders for receiving numbers are refused, because these are not sold yet.

use crate::house::Open;

#[tokio::test]
async fn lists_of_numbers_are_empty() {
    let open = Open::new().await;
    for path in [
        "/getnumbersstatus?country=187",
        "/getNumbersStatus?country=Haiti",
        "/getServices?country=0",
        "/getRentalCountries",
        "/getrentalcountries?service=full",
    ] {
        let answer = open.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "[]"), "{path}");
    }
}

#[tokio::test]
async fn a_country_that_is_none_has_no_list() {
    let open = Open::new().await;
    for path in ["/getnumbersstatus?country=atlantis", "/getServices?country=17"] {
        let answer = open.get(path).await;
        assert_eq!((answer.status, &answer.json()["status"]), (400, &"error".into()), "{path}");
    }
}

#[tokio::test]
async fn orders_for_numbers_are_refused() {
    let open = Open::new().await;
    let answer = open.post_with_key("/createorder", "bg_none", "{}").await;
    assert_eq!(answer.status, 401, "the caller believes to act for an account: {answer}");
    let body = r#"{"country":187,"service":"tg","ref":""}"#;
    insta::assert_snapshot!(open.post("/createorder", body).await);
    assert_eq!(open.changes(), 0);
}
