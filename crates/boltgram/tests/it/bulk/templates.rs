//! Templates and contact groups, from the operator's file to the text on a phone.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::campaigner::{Campaigner, SEND, words};
use super::house::{House, Rows};
use super::operator::Operator;
use crate::centre::Centre;
use crate::running::Running;
use crate::texts::Shown;

on_both_stores! {
    a_group_gets_a_template_as_its_preview_said
    each_contact_of_a_group_gets_its_own_text
    what_is_missing_in_a_template_is_refused
    ten_thousand_variables_are_refused
}

const CREDITS: u32 = 100;

/// Two contacts in several notations, and an invalid one.
const CONTACTS: &str = "phone,name,city\n0812345678,Toon,Bangkok\n+66 89-876-5432,Ploy,\"Chiang Mai\"\n\
                        66812345678,Toon,Bangkok\nnobody,Nobody,\n+4520123456,Ida,Odense\n";

struct Party {
    house: House,
    server: Running,
    centre: Centre,
    ida: Operator,
    acme: Campaigner,
}

impl Party {
    async fn new(rows: Rows) -> Self {
        let centre = Centre::keeping().await;
        let house = House::with_centre(rows, &centre);
        let server = house.home.serve();
        let acme = Campaigner::new(&house.home, &server, CREDITS);
        let ida = Operator::new(&house.home, &server);
        Self { house, server, centre, ida, acme }
    }

    /// Stops and asserts that nothing was accepted, charged or sent.
    async fn end_untouched(self) {
        self.acme.assert_untouched(CREDITS).await;
        assert_eq!(self.centre.taken_count(), 0);
        self.house.assert_sound();
        self.server.stop();
    }
}

/// A template, its variables, the resulting text, and its number of parts.
fn texts() -> [(&'static str, Value, String, u32); 4] {
    let emoji = "😀".repeat(34);
    [
        (
            "Hi {{name}}, {{ count }} of {{max}}: {{yes}} {{not closed",
            json!({"name": "Toon {{max}}", "count": 7, "max": 0.5, "yes": true}),
            "Hi Toon {{max}}, 7 of 0.5: true {{not closed".to_owned(),
            1,
        ),
        // One septet more than a part holds, because each bracket takes two.
        ("{{x}}[]", json!({"x": "x".repeat(157)}), format!("{}[]", "x".repeat(157)), 2),
        ("สวัสดีค่ะ คุณ{{ชื่อ}}", json!({"ชื่อ": "ต้น"}), "สวัสดีค่ะ คุณต้น".to_owned(), 1),
        // Surrogate pairs are not split between parts.
        ("ก{{x}}{{x}}", json!({"x": emoji}), format!("ก{emoji}{emoji}"), 3),
    ]
}

async fn a_group_gets_a_template_as_its_preview_said(rows: Rows) {
    let party = Party::new(rows).await;
    let (acme, ida) = (&party.acme, &party.ida);
    let (group, told) = ida.group("all", CONTACTS).await;
    let told =
        ["lines", "added", "repeated", "invalid", "firstInvalid"].map(|name| told[name].clone());
    assert_eq!(json!(told), json!([5, 3, 1, 1, [5]]));

    let mut left = CREDITS;
    for (place, (template, variables, text, parts)) in texts().into_iter().enumerate() {
        let id = ida.template(&format!("template {place}"), template).await;
        // One of them is in the group too, and one is invalid.
        let own = format!("+6681000000{place}");
        let body = json!({
            "sender": "ACME", "templateId": id, "variables": variables,
            "contactGroupId": group, "msisdns": [own, "0898765432", "12"],
        });
        let preview = acme.done("/api/v2/sms/preview", &body).await;
        let price = 4 * parts;
        let expected = json!({
            "success": true, "dryRun": true, "total": 5, "invalid": 1, "blocked": 0,
            "duplicates": 1, "messageParts": parts,
            "creditsPerMessage": parts, "credits": price, "balance": left, "sufficient": true,
        });
        assert_eq!(preview, expected, "{template}");

        let sent = acme.send(&body).await;
        for told in ["total", "messageParts", "credits"] {
            assert_eq!(sent[told], preview[told], "{told}: {sent}");
        }
        left -= price;
        assert_eq!(acme.credits().await, left);
        let message = acme.await_end(&sent["uuid"]).await;
        assert_eq!((&message["content"], &message["credits"]), (&json!(text), &json!(price)));
        assert_eq!(message["drSummary"]["success"], 4, "{message}");
        assert_eq!(acme.credits().await, left, "everything was delivered");

        let shown = Shown { from: "ACME".to_owned(), text, parts: parts as usize };
        let numbers = ["66812345678", "66898765432", "4520123456", &own[1..]];
        let expected: HashMap<_, _> =
            numbers.iter().map(|to| ((*to).to_owned(), shown.clone())).collect();
        assert_eq!(party.centre.new_texts(), expected, "{template}");
    }
    party.house.assert_sound();
    party.server.stop();
}

async fn each_contact_of_a_group_gets_its_own_text(rows: Rows) {
    let party = Party::new(rows).await;
    let (acme, ida) = (&party.acme, &party.ida);
    let long = "x".repeat(150);
    let file = format!("{CONTACTS}+4520999999,,{long}\n");
    let (group, _) = ida.group("all", &file).await;
    let id =
        ida.template("hello", "Hi {{firstname|friend}} of {{City}}, {{gift}} {{zipcode}}").await;
    let body = json!({
        "sender": "ACME", "templateId": id, "variables": {"gift": "{{name}}"},
        "contactGroupId": group, "msisdns": ["+66810000007"],
    });
    let preview = acme.done("/api/v2/sms/preview", &body).await;
    assert_eq!((&preview["messageParts"], &preview["creditsPerMessage"]), (&json!(2), &json!(2)));
    let sent = acme.send(&body).await;
    for told in ["total", "messageParts", "credits"] {
        assert_eq!(sent[told], preview[told], "{told}: {sent}");
    }
    assert_eq!((&sent["total"], &sent["credits"]), (&json!(5), &json!(6)));
    let message = acme.await_end(&sent["uuid"]).await;
    assert_eq!(message["content"], "Hi {{firstname|friend}} of {{City}}, {{name}} {{zipcode}}");
    assert_eq!(message["drSummary"]["success"], 5, "{message}");
    assert_eq!(acme.credits().await, CREDITS - 6, "everything was delivered");
    let shown = |text: &str, parts| Shown { from: "ACME".to_owned(), text: text.to_owned(), parts };
    let expected: HashMap<_, _> = [
        ("66812345678", shown("Hi Toon of Bangkok, {{name}} ", 1)),
        ("66898765432", shown("Hi Ploy of Chiang Mai, {{name}} ", 1)),
        ("4520123456", shown("Hi Ida of Odense, {{name}} ", 1)),
        ("4520999999", shown(&format!("Hi friend of {long}, {{{{name}}}} "), 2)),
        ("66810000007", shown("Hi friend of , {{name}} ", 1)),
    ]
    .into_iter()
    .map(|(to, shown)| (to.to_owned(), shown))
    .collect();
    assert_eq!(party.centre.new_texts(), expected);
    party.house.assert_sound();
    party.server.stop();
}

async fn what_is_missing_in_a_template_is_refused(rows: Rows) {
    let party = Party::new(rows).await;
    let (group, _) = party.ida.group("all", CONTACTS).await;
    let id = party.ida.template("hello", "Hi {{nmae}} of {{place}}").await;
    let given = json!({"sender": "ACME", "templateId": id, "contactGroupId": group});
    for (variables, missing) in [
        (Value::Null, "nmae"),
        (json!({}), "nmae"),
        (json!({"Nmae": "Toon", "place": "Bangkok"}), "nmae"),
        (json!({"nmae": "Toon"}), "place"),
    ] {
        let mut body = given.clone();
        body["variables"] = variables;
        for path in [SEND, "/api/v2/sms/preview"] {
            let told = party.acme.refused(path, &body, (400, "INVALID_PARAMS")).await;
            assert_eq!(told, format!("the variable `{missing}` is missing"));
        }
    }
    for (name, id) in [("templateId", id), ("contactGroupId", group)] {
        let mut body = given.clone();
        body["variables"] = json!({"nmae": "Toon", "place": "Bangkok"});
        body[name] = json!(id.as_i64().unwrap() + 7);
        party.acme.refused(SEND, &body, (404, "NOT_FOUND")).await;
    }
    party.end_untouched().await;
}

async fn ten_thousand_variables_are_refused(rows: Rows) {
    let party = Party::new(rows).await;
    // 10,000 different names, and one name 10,000 times, in a body within the limit.
    let names: String = (0..10_000).map(|number| format!("{{{{v{number}}}}}")).collect();
    let (status, told) = party.ida.add_template("many", &names).await;
    let too_large = words(status, &told, (413, "PAYLOAD_TOO_LARGE"));
    assert_eq!(too_large, "the request body is larger than 65536 bytes");
    let (status, told) = party.ida.add_template("many", &"{{a}}".repeat(10_000)).await;
    let told = words(status, &told, (400, "INVALID_PARAMS"));
    assert_eq!(told, "`text` must have 1 to 1000 characters");

    let variables: serde_json::Map<_, _> =
        (0..10_000).map(|number| (format!("v{number}"), json!("x"))).collect();
    let id = party.ida.template("few", "{{v0}}{{v9999}}").await;
    let body = json!({
        "sender": "ACME", "templateId": id, "variables": variables, "msisdns": ["0812345678"],
    });
    for path in [SEND, "/api/v2/sms/preview"] {
        let told = party.acme.refused(path, &body, (400, "INVALID_PARAMS")).await;
        assert_eq!(told, "at most 1000 variables are allowed");
    }
    party.end_untouched().await;
}
