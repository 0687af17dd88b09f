//! Logins by password, keys and the profile.

use std::time::Duration;

use domain::account::profile::Profile;
use domain::limits::{LOGIN_CODE_AGE_MAX, LOGINS_COUNTED_IN, LOGINS_FAILED_PER_KNOWN_NETWORK_MAX};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::secret::Secret;
use serde_json::Value;

use super::transcript::{Transcript, neighbour};
use super::{Shop, USER};
use crate::house::BY;

const PASSWORD: &str = "correct-horse";

impl Shop {
    async fn with_password() -> Self {
        let shop = Self::new().await;
        shop.set_password().await;
        shop
    }

    async fn set_password(&self) {
        let house = &self.open.house;
        let password = Secret::new(PASSWORD);
        house.accounts.set_password(house.account(), password, BY).await.unwrap();
    }

    async fn set_profile(&self, two_factor: bool) {
        let house = &self.open.house;
        let text = |text: &str| Some(text.to_owned());
        let profile = Profile {
            company_name: text("Acme ApS"),
            company_id: text("00123456"),
            ean_number: text("5790000123456"),
            full_name: text("Ida Ø"),
            street: text("Gade 1"),
            zip_code: text("5550"),
            email: text("ida@example.org"),
            phone: Some(Msisdn::from_digits(4_520_123_456).unwrap()),
            two_factor,
        };
        house.accounts.set_profile(house.account(), profile, BY).await.unwrap();
    }

    /// The code of the text that was sent last.
    async fn texted_code(&self) -> String {
        let chunks = self.open.house.world().claim(100.into()).await;
        let chunk = chunks.last().expect("no text was sent");
        let text = chunk.content.text.as_str();
        assert!(text.ends_with(" is your login code. It is valid for 10 minutes."), "{text}");
        text[..6].to_owned()
    }
}

#[tokio::test]
async fn a_program_logs_in_and_out() {
    let shop = Shop::with_password().await;
    let mut transcript = Transcript::of(&shop);
    let good = format!("user={USER}&pass={PASSWORD}");
    let key = transcript.log_in(&format!("{good}&description=Smsi")).await.json();
    let key = key["newapikey"]["key"].as_str().unwrap().to_owned();
    transcript.log_in(&format!("user={USER}&pass=wrong-horse")).await;
    transcript.log_in("user=nobody&pass=correct-horse").await;
    transcript.log_in("user=no%20name&pass=correct-horse").await;
    transcript.log_in(&format!("user={USER}")).await;
    transcript.log_in("").await;
    transcript.log_in(&format!("user={USER}&pass=%ff")).await;
    transcript.call_as((USER, &key), "get/dialcodes", "").await.json().as_array().unwrap();
    transcript.text.truncate(transcript.text.rfind("account-0: get").unwrap());
    let (user, other) = neighbour(&shop).await;
    transcript.call_as((&user, &other), "user/deleteapikey", &format!("apikey={key}")).await;
    transcript.call_as((USER, &key), "user/deleteapikey", "").await;
    transcript.call_as((USER, &key), "user/deleteapikey", "apikey=nonsense").await;
    transcript.call_as((USER, &key), "user/deleteapikey", &format!("apikey={key}")).await;
    transcript.call("user/deleteapikey", &format!("apikey={}", shop.key)).await;
    insta::assert_snapshot!(transcript.text);
    let house = &shop.open.house;
    let keys = house.store.keys(Some(house.account())).await.unwrap();
    assert_eq!(keys[1].description.as_deref(), Some("Smsi"));
    assert!(keys.iter().all(|key| key.revoked_at.is_some()));
}

#[tokio::test]
async fn a_key_of_one_purpose_revokes_no_other() {
    let shop = Shop::new().await;
    let house = &shop.open.house;
    let key = house.key_of(house.account(), "sms:send").await;
    let mut transcript = Transcript::of(&shop);
    let apikey = format!("apikey={}", shop.key);
    let refused = transcript.call_as((USER, &key), "user/deleteapikey", &apikey).await.json();
    assert_eq!(refused["error"], "ACCESS_DENIED");
    let done =
        transcript.call_as((USER, &key), "user/deleteapikey", &format!("apikey={key}")).await;
    assert_eq!(done.json()["success"], "DELETE_APIKEY");
}

#[tokio::test]
async fn a_second_factor_is_a_texted_code() {
    let shop = Shop::with_password().await;
    shop.set_profile(true).await;
    let available = shop.open.house.available().await;
    let mut transcript = Transcript::of(&shop);
    let good = format!("user={USER}&pass={PASSWORD}");
    transcript.log_in(&good).await;
    let code = shop.texted_code().await;
    let wrong = if code == "111111" { "222222" } else { "111111" };
    transcript.log_in(&format!("{good}&tfkey={wrong}")).await;
    transcript.log_in(&format!("user={USER}&pass=wrong-horse&tfkey={code}")).await;
    transcript.text = transcript.text.replace(&code, "(code)");
    let made = shop.open.get(&path(&format!("{good}&tfkey={code}"))).await.json();
    assert_eq!(made["success"], "ADDED_KEY");
    let again = shop.open.get(&path(&format!("{good}&tfkey={code}"))).await.json();
    assert_eq!(again["error"], "USER_NOT_FOUND", "a code is used once");
    transcript.log_in(&good).await;
    let old = shop.texted_code().await;
    shop.open.house.clock.advance(LOGIN_CODE_AGE_MAX);
    let late = shop.open.get(&path(&format!("{good}&tfkey={old}"))).await.json();
    assert_eq!(late["error"], "USER_NOT_FOUND");
    for _ in 0..3 {
        assert_eq!(shop.open.get(&path(&good)).await.json()["success"], "ADDED_TF");
    }
    transcript.log_in(&good).await;
    insta::assert_snapshot!(transcript.text);
    let house = &shop.open.house;
    assert_eq!(house.available().await, available, "the account pays for no code");
    let codes = "boltgram.login-codes".parse().unwrap();
    let codes = house.store.account_named(&codes).await.unwrap().unwrap().id;
    assert_eq!(house.store.balance(codes).await.unwrap().reserved, Msat::ZERO);
}

fn path(parameters: &str) -> String {
    format!("/api/4/user/newapikey/login.json?{parameters}")
}

#[tokio::test]
async fn a_network_that_guesses_is_refused_for_a_while() {
    let shop = Shop::with_password().await;
    let log_in = async |user: &str, password: &str| -> Value {
        shop.open.get(&path(&format!("user={user}&pass={password}"))).await.json()
    };
    for user in [USER, "nobody"] {
        for _ in 0..10 {
            assert_eq!(log_in(user, "wrong-horse").await["error"], "USER_NOT_FOUND");
        }
        assert_eq!(log_in(user, PASSWORD).await["error"], "TOO_MANY_REQUESTS", "{user}");
    }
    shop.open.house.clock.advance(LOGINS_COUNTED_IN + Duration::from_secs(1));
    assert_eq!(log_in(USER, PASSWORD).await["success"], "ADDED_KEY");
    for _ in 0..20 {
        assert_eq!(log_in(USER, "wrong-horse").await["error"], "USER_NOT_FOUND");
    }
    assert_eq!(log_in(USER, PASSWORD).await["success"], "ADDED_KEY", "it is a known network");
    const { assert!(LOGINS_FAILED_PER_KNOWN_NETWORK_MAX > 20) }
}

#[tokio::test]
async fn shows_the_account() {
    let shop = Shop::with_password().await;
    let mut transcript = Transcript::of(&shop);
    transcript.call("view/user", "").await;
    shop.set_profile(false).await;
    transcript.log_in(&format!("user={USER}&pass={PASSWORD}")).await;
    shop.open.house.clock.advance(Duration::from_secs(60));
    transcript.call("view/user", "").await;
    insta::assert_snapshot!(transcript.text);
}
