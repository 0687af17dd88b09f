//! Calls and answers in order, for a snapshot.

use super::{Shop, USER};
use crate::client::Answer;

pub(super) struct Transcript<'a> {
    pub shop: &'a Shop,
    pub text: String,
}

impl<'a> Transcript<'a> {
    pub(super) const fn of(shop: &'a Shop) -> Self {
        Self { shop, text: String::new() }
    }

    /// By the account's key.
    pub(super) async fn call(&mut self, path: &str, parameters: &str) -> Answer {
        let answer = self.shop.get(&format!("/api/4/{path}/api.json"), parameters).await;
        self.note(path, parameters, answer)
    }

    /// By another account's key.
    pub(super) async fn call_as(
        &mut self,
        (user, key): (&str, &str),
        path: &str,
        parameters: &str,
    ) -> Answer {
        let url = format!("/api/4/{path}/api.json?user={user}&key={key}&{parameters}");
        let answer = self.shop.open.get(&url).await;
        self.note(&format!("{user}: {path}"), parameters, answer)
    }

    /// Without a key.
    pub(super) async fn log_in(&mut self, parameters: &str) -> Answer {
        let url = format!("/api/4/user/newapikey/login.json?{parameters}");
        let answer = self.shop.open.get(&url).await;
        self.note("user/newapikey", parameters, answer)
    }

    fn note(&mut self, path: &str, parameters: &str, answer: Answer) -> Answer {
        assert_eq!(answer.status, 200, "{answer}");
        let body = without_keys(&answer.body);
        self.text += &format!("{path} {}\n{body}\n\n", without_keys(parameters));
        answer
    }
}

/// Keys are random.
fn without_keys(text: &str) -> String {
    let mut parts = text.split("bg_");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown += "(key)";
        shown += part.trim_start_matches(|char: char| char.is_ascii_hexdigit());
    }
    shown
}

/// Another account with its key.
pub(super) async fn neighbour(shop: &Shop) -> (String, String) {
    let key = shop.open.house.key(crate::house::sats(1), "*", None).await;
    assert_ne!(USER, "account-1");
    ("account-1".to_owned(), key)
}
