//! Flash and silent messages and links, from the request to the message centre.

use serde_json::{Value, json};

use super::campaigner::{Campaigner, SEND};
use super::house::{House, Rows};
use super::operator::Operator;
use crate::centre::Centre;

on_both_stores! {
    each_form_reaches_the_message_centre
    a_form_that_is_none_is_refused
}

const CREDITS: u32 = 100;
const TO: &str = "66812345678";

fn message(more: &Value) -> Value {
    let mut body = json!({"sender": "ACME", "content": "Hello", "msisdns": [format!("+{TO}")]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn each_form_reaches_the_message_centre(rows: Rows) {
    let centre = Centre::keeping().await;
    let house = House::with_centre(rows, &centre);
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, CREDITS);
    let ida = Operator::new(&house.home, &server);
    let silent = message(&json!({"form": "silent"}));
    acme.refused(SEND, &silent, (403, "SILENT_NOT_ALLOWED")).await;
    acme.assert_untouched(CREDITS).await;
    ida.set(&json!({"silent": true})).await;

    let link = "https://shop.example/7";
    for (body, protocol_id, data_coding, parts) in [
        (message(&json!({"form": "text"})), 0, 0x00, 1),
        (message(&json!({"form": "flash"})), 0, 0x10, 1),
        (silent, 0x40, 0x00, 1),
        (message(&json!({"form": "push", "link": link})), 0, 0x04, 1),
        (message(&json!({"form": "push", "link": link, "content": "x".repeat(200)})), 0, 0x04, 2),
    ] {
        let preview = acme.done("/api/v2/sms/preview", &body).await;
        let sent = acme.send(&body).await;
        assert_eq!((&sent["messageParts"], &sent["credits"]), (&json!(parts), &json!(parts)));
        assert_eq!(preview["messageParts"], sent["messageParts"], "{preview}");
        let ended = acme.await_end(&sent["uuid"]).await;
        assert_eq!(ended["drSummary"]["success"], 1, "{ended}");
        let found = centre.new_parts().remove(TO).unwrap();
        assert_eq!(found.len(), parts, "{body}");
        for part in found {
            assert_eq!((part.protocol_id, part.data_coding), (protocol_id, data_coding), "{body}");
            let octets = part.user_data;
            let has_port = octets.windows(4).any(|octets| octets == [0x05, 0x04, 0x0B, 0x84]);
            assert_eq!(has_port, data_coding == 0x04, "{octets:x?}");
        }
    }
    house.assert_sound();
    server.stop();
}

async fn a_form_that_is_none_is_refused(rows: Rows) {
    let centre = Centre::keeping().await;
    let house = House::with_centre(rows, &centre);
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, CREDITS);
    for (more, words) in [
        (json!({"form": "fax"}), "`form` must be"),
        (json!({"form": 7}), "`form` must be a string"),
        (json!({"form": "push"}), "requires `link`"),
        (json!({"form": "push", "link": "ftp://a.dk"}), "`link`: a link begins with"),
        (json!({"form": "push", "link": "http://a.dk/æ"}), "`link`: a link begins with"),
        (json!({"form": "flash", "link": "http://a.dk"}), "requires `form`"),
        (json!({"link": "http://a.dk"}), "requires `form`"),
    ] {
        for path in [SEND, "/api/v2/sms/preview"] {
            let why = acme.refused(path, &message(&more), (400, "INVALID_PARAMS")).await;
            assert!(why.contains(words), "{more}: {why}");
        }
    }
    acme.assert_untouched(CREDITS).await;
    assert_eq!(centre.taken_count(), 0);
    house.assert_sound();
    server.stop();
}
