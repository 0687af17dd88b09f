//! Charsets, forms and methods, as programs send them.

use domain::account::AccountSettings;

use super::{EXAMPLE, Shop, USER};
use crate::house::Open;

#[tokio::test]
async fn texts_of_all_scripts_arrive_as_they_were_written() {
    let shop = Shop::new().await;
    for (written, text) in [
        ("R%C3%B8dgr%C3%B8d+%26+fl%C3%B8de", "Rødgrød & fløde"),
        ("%F0%9F%98%80%20%E2%82%AC+100%25", "😀 € 100%"),
        ("a%2Bb+c%0Ad", "a+b c\nd"),
        ("%E0%B8%AA%E0%B8%A7%E0%B8%B1%E0%B8%AA%E0%B8%94%E0%B8%B5", "สวัสดี"),
    ] {
        let parameters = format!("msisdn=4512345678&sender=You&text={written}");
        for get in [true, false] {
            shop.tick();
            let answer = match get {
                true => shop.get("/sms/api.json", &parameters).await,
                false => shop.post("/sms/api.json", &parameters).await,
            };
            let sms = &answer.json()["sms"];
            assert_eq!(sms["chars-count"], text.chars().count(), "{written}: {answer}");
            let list = shop.get("/view/outbox/api.json", "limit=1").await.json();
            assert_eq!(list["outbox"][0]["text"], text);
        }
    }
}

#[tokio::test]
async fn latin1_is_refused_unless_the_account_has_it() {
    let shop = Shop::new().await;
    let latin1 = "msisdn=4512345678&sender=You&text=R%F8dgr%F8d+%80";
    let mut transcript = shop.get("/sms/api.json", latin1).await.body + "\n";
    transcript += &shop.post("/sms/api.xml", latin1).await.body;
    assert_eq!((shop.open.changes(), shop.stored().await), (0, 0));
    shop.agree(AccountSettings { query_latin1: true, ..AccountSettings::default() }).await;
    transcript += &shop.get("/sms/api.json", latin1).await.body;
    insta::assert_snapshot!(transcript);
    shop.tick();
    let utf8 = "msisdn=4512345678&sender=You&text=%C3%A6%C3%B8";
    shop.get("/sms/api.json", utf8).await;
    let list = shop.get("/view/outbox/api.json", "").await.json();
    let texts = [0, 1].map(|at| list["outbox"][at]["text"].as_str().unwrap().to_owned());
    assert_eq!(texts, ["æø", "Rødgrød €"], "what is UTF-8 stays UTF-8");
}

#[tokio::test]
async fn a_form_wins_over_the_query_string() {
    let shop = Shop::new().await;
    let path = format!("/sms/api.json?{EXAMPLE}&key=nonsense");
    assert_eq!(shop.post(&path, "text=the+form").await.json()["success"], "SMS_SENT");
    let list = shop.get("/view/outbox/api.json", "").await.json();
    assert_eq!(list["outbox"][0]["text"], "the form");
}

#[tokio::test]
async fn clients_of_the_old_service_are_understood() {
    let shop = Shop::new().await;
    let form = "application/x-www-form-urlencoded";
    // PHP's http_build_query, in the order of its client.
    let php = format!("user={USER}&key={}&msisdn=4512345678&text=Hej+%C3%A6&sender=You", shop.key);
    for agent in ["Txty Class version 1.0", "EventSignup", "WordPress/6.7; https://blog.example"] {
        let headers = [("User-Agent", agent), ("Content-Type", form)];
        let answer = shop.open.call("POST", "/api/4/sms/api.json", &headers, &php).await;
        let json = answer.json();
        assert_eq!((answer.status, &json["status"]), (200, &"success".into()), "{agent}: {answer}");
        assert!(json["sms"]["cost"].is_number() && json["sms"]["msg-count"].is_number());
        assert_eq!(
            (&json["sms"]["chars-count"], &json["sms"]["dialcode"]),
            (&5.into(), &45.into())
        );
    }
    // Without a content type.
    let answer = shop.open.call("POST", "/sms/api.json?", &[], &php).await;
    assert_eq!(answer.json()["success"], "SMS_SENT");
}

#[tokio::test]
async fn other_bodies_and_methods_are_refused() {
    let shop = Shop::new().await;
    let mut transcript = String::new();
    let path = format!("/sms/api.json?user={USER}&key={}&{EXAMPLE}", shop.key);
    for (method, content_type, body) in [
        ("POST", "application/json", "{}"),
        ("POST", "multipart/form-data; boundary=x", "--x\r\n"),
        ("PUT", "application/x-www-form-urlencoded", "a=b"),
        ("DELETE", "text/plain", ""),
        ("OPTIONS", "text/plain", ""),
    ] {
        let answer = shop.open.call(method, &path, &[("Content-Type", content_type)], body).await;
        transcript += &format!("{method} {content_type}\n{answer}\n\n");
    }
    let head = shop.open.call("HEAD", &path, &[], "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    insta::assert_snapshot!(transcript);
    assert_eq!((shop.open.changes(), shop.stored().await), (0, 0), "not even HEAD sends");
}

#[tokio::test]
async fn what_is_no_endpoint_is_not_found() {
    let open = Open::new().await;
    let mut transcript = String::new();
    for path in [
        "/api/4",
        "/api/4/nothing/api.json",
        "/api/4/view/nothing/api.xml",
        "/api/4/sms/api.txt",
        "/sms",
        "/sms/nothing",
        "/view/nothing/api.json?x=y",
    ] {
        let answer = open.get(path).await;
        transcript += &format!("{path}\n{} {}\n", answer.status, answer.body);
    }
    insta::assert_snapshot!(transcript);
}
