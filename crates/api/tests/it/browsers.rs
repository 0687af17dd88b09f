//! Cross-origin requests from wallets in browsers.

use crate::house::{House, Open, sats};

const FROM_ELSEWHERE: (&str, &str) = ("Origin", "https://wallet.example");

#[tokio::test]
async fn a_preflight_allows_what_clients_send() {
    let open = Open::new().await;
    let headers = [
        FROM_ELSEWHERE,
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type,idempotency-key,x-api-key"),
    ];
    insta::assert_snapshot!(open.call("OPTIONS", "/createSendOrder", &headers, "").await);
}

#[tokio::test]
async fn every_answer_may_be_read_errors_too() {
    let house = House::new().await;
    let key = house.key(sats(0), "*", Some(1)).await;
    let open = house.open_as(Default::default()).await;
    let send = "/createsendorder";
    let mut answers = vec![
        open.call("GET", "/price", &[FROM_ELSEWHERE], "").await,
        open.call("POST", send, &[FROM_ELSEWHERE], "{}").await,
        open.call("GET", send, &[FROM_ELSEWHERE], "").await,
        open.call("GET", "/nothing", &[FROM_ELSEWHERE], "").await,
        open.call("POST", send, &[FROM_ELSEWHERE], &"x".repeat(70_000)).await,
    ];
    for _ in 0..2 {
        let headers = [FROM_ELSEWHERE, ("X-API-Key", key.as_str())];
        answers.push(open.call("GET", "/price", &headers, "").await);
    }
    open.house.gate.set_panics(true);
    let path = format!("/orderstatus?orderId={}", "0".repeat(64));
    answers.push(open.call("GET", &path, &[FROM_ELSEWHERE], "").await);
    let told: Vec<_> = answers
        .iter()
        .map(|answer| (answer.status, answer.header("access-control-allow-origin")))
        .collect();
    let any = Some("*");
    let statuses = [200, 400, 405, 404, 413, 200, 429, 500];
    assert_eq!(told, statuses.map(|status| (status, any)));
}

#[tokio::test]
async fn the_operators_pages_are_not_for_other_origins() {
    let open = Open::new().await;
    let answer = open.call("GET", "/metrics", &[FROM_ELSEWHERE], "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
}
