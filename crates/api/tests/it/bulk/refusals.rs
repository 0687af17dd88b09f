//! Refused requests, with their error texts and codes. None of them has an effect.

use std::fmt::Write as _;
use std::time::Duration;

use domain::account::AccountSettings;
use domain::ports::BulkList;

use super::{Acme, SEND, to};

/// Posts each body and returns all responses; nothing may be stored.
async fn refusals(acme: &Acme, bodies: &[&str]) -> String {
    let told = answers(acme, bodies).await;
    assert_eq!(acme.open.changes(), 0);
    told
}

/// Likewise for requests that the store refuses, which may write meanwhile.
async fn refused_in_the_store(acme: &Acme, bodies: &[&str]) -> String {
    let (store, account) = (&acme.open.house.store, acme.open.house.account());
    let before = store.balance(account).await.unwrap();
    let told = answers(acme, bodies).await;
    assert_eq!(store.balance(account).await.unwrap(), before);
    let list = BulkList { limit: 1, ..BulkList::default() };
    assert_eq!(store.bulk_list(account, list).await.unwrap().1, 0, "nothing is stored");
    told
}

async fn answers(acme: &Acme, bodies: &[&str]) -> String {
    let mut told = String::new();
    for body in bodies {
        let answer = acme.post(SEND, body).await;
        assert_eq!(answer.header("content-type"), Some("application/json"), "{body}");
        let (json, shown) = (answer.json(), body.chars().take(110).collect::<String>());
        assert!(json["error"].is_string() && json["code"].is_string(), "{answer}");
        writeln!(told, "{}\n  {} {}", shown.escape_debug(), answer.status, answer.body).unwrap();
    }
    told
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be() {
    let acme = Acme::new().await;
    let deep = format!(r#"{{"x":{}"#, "[".repeat(10_000));
    let long = format!(r#"{{"x":"{}"}}"#, "x".repeat(20_000));
    let cut = to(&["0812345678"]);
    let bodies = [
        "",
        " \n",
        "{",
        "nonsense 0812345678",
        &cut[..cut.len() - 1],
        &cut[..cut.len() / 2],
        &format!("{cut} {cut}"),
        "[]",
        "null",
        "42",
        r#""text""#,
        "{}",
        "sender=ACME&content=Hello",
        r#"{"sender":"\ud800"}"#,
        r#"{"x":1e999}"#,
        r#"{1:2}"#,
        &deep,
        &long,
    ];
    insta::assert_snapshot!(refusals(&acme, &bodies).await);
}

#[tokio::test]
async fn fields_of_the_wrong_type() {
    let acme = Acme::new().await;
    let mut bodies = Vec::new();
    for (field, values) in [
        ("sender", &["5", "true", "[\"ACME\"]", "{}"][..]),
        ("content", &["5", "false", "[\"Hello\"]", "{}"]),
        ("msisdns", &["\"0812345678\"", "812345678", "true", "{}", "0.5", "-1"]),
        ("msisdns", &["[{}]", "[[]]", "[null]", "[true]", "[\"0812345678\",{\"number\":\"0\"}]"]),
        ("templateId", &["\"5\"", "0.5", "true", "[]", "99999999999999999999"]),
        ("contactGroupId", &["\"5\"", "5.5", "{}"]),
        ("variables", &["[]", "5", "\"name\"", "true"]),
        ("variables", &["{\"a\":null}", "{\"a\":[]}", "{\"a\":{}}"]),
        ("scheduledTime", &["5", "true", "\"\"", "\"tomorrow\"", "\"2030-01-01T10:00:00\"", "[]"]),
        ("dryRun", &["1", "\"true\"", "[]"]),
    ] {
        let body = |value: &&str| format!(r#"{{"{field}":{value}}}"#);
        bodies.extend(values.iter().map(body));
    }
    let bodies: Vec<_> = bodies.iter().map(String::as_str).collect();
    insta::assert_snapshot!(refusals(&acme, &bodies).await);
}

#[tokio::test]
async fn messages_that_cannot_be_sent() {
    let acme = Acme::new().await;
    let with = |fields: &str| {
        format!(r#"{{"sender":"ACME","content":"Hello","msisdns":["0812345678"],{fields}}}"#)
    };
    let text =
        |text: &str| format!(r#"{{"sender":"ACME","msisdns":["0812345678"],"content":"{text}"}}"#);
    let (long, longer) = ("x".repeat(1_001), text(&"😀".repeat(1_001)));
    let full = "{{a}}".repeat(1_000);
    let bodies = [
        r#"{"content":"Hello","msisdns":["0812345678"]}"#.to_owned(),
        with(r#""sender":"""#),
        with(r#""sender":"TWELVE CHARS""#),
        with(r#""sender":"ยย""#),
        with(r#""sender":"Nobody""#),
        with(r#""sender":"acme""#),
        r#"{"sender":"ACME","msisdns":["0812345678"]}"#.to_owned(),
        with(r#""templateId":5"#),
        r#"{"sender":"ACME","templateId":5,"msisdns":["0812345678"]}"#.to_owned(),
        text(""),
        text(r" \n "),
        text(r"a\tb"),
        text(r"a\u0000b"),
        text(&long),
        longer,
        text("Hello {{name}}"),
        with(r#""content":"Hello {{name}}","variables":{"nmae":"Toon"}"#),
        with(&format!(r#""content":"{full}","variables":{{"a":"xx"}}"#)),
        with(&format!(r#""content":"{{{{a}}}}","variables":{{"a":"{long}"}}"#)),
        r#"{"sender":"ACME","content":"Hello"}"#.to_owned(),
        with(r#""msisdns":[]"#),
        with(r#""contactGroupId":5"#),
        with(r#""msisdns":["", "x", "0812345678x", "452012345"]"#),
        with(r#""msisdns":["+299221234"]"#),
        with(r#""scheduledTime":"2001-01-01T00:00:00Z""#),
        with(r#""scheduledTime":"9000-01-01T00:00:00Z""#),
    ];
    let bodies: Vec<_> = bodies.iter().map(String::as_str).collect();
    insta::assert_snapshot!(refusals(&acme, &bodies).await);
}

#[tokio::test]
async fn a_text_of_ten_thousand_variables_is_refused() {
    let acme = Acme::new().await;
    let variables = |many: usize| {
        let pairs: Vec<_> = (0..many).map(|number| format!(r#""v{number}":"x""#)).collect();
        format!(r#"{{"variables":{{{}}}}}"#, pairs.join(","))
    };
    let placeholders = format!(
        r#"{{"sender":"ACME","content":"{}","msisdns":["0812345678"],"variables":{{"a":""}}}}"#,
        "{{a}}".repeat(1_001)
    );
    let told = refusals(&acme, &[&variables(10_000), &variables(1_001), &placeholders]).await;
    insta::assert_snapshot!(told);
    let taken = acme.post(SEND, &variables(1_000)).await;
    assert!(taken.body.contains("`sender` is required"), "{taken}");
}

#[tokio::test]
async fn credit_that_does_not_reach() {
    let acme = Acme::with_credit(1).await;
    let told = refused_in_the_store(&acme, &[&to(&["0812345678", "0898765432"])]).await;
    insta::assert_snapshot!(told);
    assert_eq!(acme.post(SEND, &to(&["0812345678"])).await.status, 200);
    assert_eq!(acme.post(SEND, &to(&["0812345678"])).await.status, 402, "the credit is spent");
}

#[tokio::test]
async fn a_daily_limit_that_is_reached() {
    let acme = Acme::with_credit(9).await;
    let spend_per_day = Some(domain::money::Msat::new(150_000));
    acme.agree(AccountSettings { spend_per_day, ..AccountSettings::default() }).await;
    let told = refused_in_the_store(&acme, &[&to(&["0812345678", "0898765432"])]).await;
    insta::assert_snapshot!(told);
    assert_eq!(acme.post(SEND, &to(&["0812345678"])).await.status, 200);
}

#[tokio::test]
async fn a_destination_without_a_carrier_is_refused_when_there_is_no_other() {
    let acme = Acme::new().await;
    let both = to(&["+299221234", "0812345678"]);
    assert_eq!(acme.post(SEND, &both).await.status, 200, "it accepts one of them");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_in_the_envelope_of_this_door() {
    let acme = Acme::new().await;
    let mut told = String::new();
    for (method, path) in [
        ("GET", "/api/v2"),
        ("GET", "/api/v2/"),
        ("GET", "/api/v2/price"),
        ("POST", "/api/v2/sms/send/"),
        ("GET", "/api/v2/sms/7"),
        ("GET", "/api/v2/sms/019abcde-0000-7000-8000-000000000000"),
        ("GET", "/api/v2/sms/019abcde-0000-7000-8000-000000000000/recipients"),
        ("GET", "/api/v2/sms/%ff/recipients"),
        ("GET", "/api/v2/sms/../credits"),
        ("POST", "/api/v2/sms/7/cancel"),
        ("GET", "/api/v2/sms/7/cancel"),
        ("GET", "/api/v2/sms/send"),
        ("DELETE", "/api/v2/sms"),
        ("OPTIONS", "/api/v2/sms/send"),
        ("POST", "/api/v2/credits"),
        ("FROBNICATE", "/api/v2/senders"),
    ] {
        let headers = [("X-API-Key", acme.key.as_str())];
        let answer = acme.open.call(method, path, &headers, "").await;
        writeln!(told, "{method} {path}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
    let beside = acme.get("/api/v3/credits").await;
    assert_eq!((beside.status, &beside.json()["status"]), (404, &"error".into()));
}

#[tokio::test]
async fn what_the_house_cannot_do_now() {
    let acme = Acme::new().await;
    let id = "019abcde-0000-7000-8000-000000000000";
    acme.open.house.gate.set_down(true);
    let mut told = String::new();
    for (method, path) in [
        ("POST", SEND),
        ("POST", &format!("/api/v2/sms/{id}/cancel")),
        ("POST", &format!("/api/v2/sms/{id}/retry")),
        ("POST", &format!("/api/v2/sms/{id}/pause")),
        ("GET", "/api/v2/sms"),
        ("GET", &format!("/api/v2/sms/{id}")),
        ("GET", &format!("/api/v2/sms/{id}/recipients")),
    ] {
        let body = if path == SEND { to(&["0812345678"]) } else { String::new() };
        // The query of the key succeeds.
        acme.open.house.gate.let_pass(1);
        let answer = acme.open.call(method, path, &[("X-API-Key", &acme.key)], &body).await;
        assert_eq!(answer.header("retry-after"), Some("5"), "{path}");
        writeln!(told, "{}\n  {} {}", path.replace(id, "…"), answer.status, answer.body).unwrap();
    }
    acme.open.house.clock.advance(Duration::from_secs(1));
    let answer = acme.get("/api/v2/credits").await;
    writeln!(told, "no key can be checked\n  {} {}", answer.status, answer.body).unwrap();
    acme.open.house.gate.set_down(false);
    acme.open.house.gate.set_panics(true);
    let answer = acme.get("/api/v2/credits").await;
    writeln!(told, "a panic\n  {} {}", answer.status, answer.body).unwrap();
    insta::assert_snapshot!(told);
}
