//! Texts of the orders door in the list of the bulk door: they are listed, but only their orders may change
//! them.

use std::fmt::Write as _;
use std::time::Duration;

use super::{Acme, SEND, to};
use crate::world::Fate;

const ORDER: &str = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
const MAIL: &str = r#"{"address":"satoshi@example.com","message":"hello","immediate":true}"#;
const UNPAID: &str = r#"{"phone":"+4520123456","message":"by invoice"}"#;

impl Acme {
    /// A campaign, then orders for a text and an e-mail, and an unpaid order.
    async fn with_orders() -> Self {
        let acme = Self::new().await;
        for (path, body) in [
            (SEND, to(&["0812345678"]).as_str()),
            ("/createsendorder", ORDER),
            ("/createemailsendorder", MAIL),
            ("/createsendorder", UNPAID),
        ] {
            let answer = acme.post(path, body).await;
            assert_eq!(answer.status, 200, "{answer}");
            acme.open.house.clock.advance(Duration::from_secs(1));
        }
        acme
    }

    /// Responses to a query of a message and to every attempt to change it.
    async fn told(&self, uuid: &str) -> String {
        let mut told = String::new();
        for path in ["", "/recipients", "/recipients?after=0&status=success"] {
            let answer = self.get(&format!("/api/v2/sms/{uuid}{path}")).await;
            writeln!(told, "GET {path}\n  {} {}", answer.status, answer.body).unwrap();
        }
        for path in ["/cancel", "/retry", "/pause", "/resume"] {
            let answer = self.post(&format!("/api/v2/sms/{uuid}{path}"), "").await;
            writeln!(told, "POST {path}\n  {} {}", answer.status, answer.body).unwrap();
        }
        told.replace(uuid, "(uuid)")
    }
}

#[tokio::test]
async fn texts_of_orders_are_listed_with_their_door() {
    let acme = Acme::with_orders().await;
    let mut told = String::new();
    for query in ["", "?limit=1", "?page=2&limit=1", "?status=pending", "?status=sent"] {
        let answer = acme.get(&format!("/api/v2/sms{query}")).await;
        let mut body = answer.body.clone();
        for message in answer.json()["data"].as_array().unwrap() {
            body = body.replace(message["uuid"].as_str().unwrap(), "(uuid)");
        }
        writeln!(told, "GET {query}\n  {} {body}", answer.status).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_text_of_an_order_is_left_to_its_order() {
    let acme = Acme::with_orders().await;
    let uuid = acme.last().await.id.to_string();
    let mut told = acme.told(&uuid).await;
    acme.carry(Duration::from_secs(1), |_| Fate::Delivered).await;
    told.push_str("-- delivered\n");
    told.push_str(&acme.told(&uuid).await);
    insta::assert_snapshot!(told);
}
