//! Opening: creation, migration, refusals and node names.

use std::time::{Duration, Instant};

use domain::ports::PortError;
use domain::routing::CarrierName;
use store::{OpenError, Options, StoreUrl, Vault, VaultError};
use testkit::postgres::{PostgresDatabase, PostgresServer};

use super::{database, open, rich};

fn url(database: &PostgresDatabase) -> StoreUrl {
    database.url().parse().unwrap()
}

#[tokio::test]
async fn refuses_a_database_of_a_newer_program() {
    let database = database();
    drop(open(&database).await);
    database.sql("INSERT INTO schema_version (version) VALUES (99)");
    let refused = store::open(&database.url(), Vault::new([7; 32])).await.unwrap_err();
    assert!(matches!(refused, OpenError::Newer { found: 99, known: 5 }), "{refused:?}");
}

#[tokio::test]
async fn migrates_once_when_many_open_at_once() {
    let database = database();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let url = database.url();
        tasks.spawn(async move { store::open(&url, Vault::new([7; 32])).await.map(drop) });
    }
    for opened in tasks.join_all().await {
        opened.unwrap();
    }
    assert_eq!(database.sql("SELECT count(*) FROM schema_version"), "5");
}

/// Without the key, what is stored now could not be opened after a restart.
#[tokio::test]
async fn nothing_is_stored_while_the_vault_key_is_missing() {
    let database = database();
    let data = tempfile::tempdir().unwrap();
    let url = url(&database);
    let vault = url.vault(data.path()).await.unwrap();
    let key = url.vault_file(data.path());
    let options = Options { kept: vec![key.clone()], ..Options::default() };
    let store = url.open(vault, options).await.unwrap();
    rich(&*store).await;
    std::fs::remove_file(key).unwrap();
    let why = "vault.key was removed or replaced while the program runs".to_owned();
    assert_eq!(store.ping().await, Err(PortError::Unavailable(why.clone())));
    let refused = store.request_reconnect(&CarrierName::new("main")).await;
    assert_eq!(refused, Err(PortError::Unavailable(why)));
}

#[tokio::test]
async fn refuses_a_database_that_lost_tables() {
    let database = database();
    drop(open(&database).await);
    database.sql("DROP TABLE event_attempts");
    let refused = store::open(&database.url(), Vault::new([7; 32])).await.unwrap_err();
    assert!(
        matches!(&refused, OpenError::TablesMissing { missing } if missing == &["event_attempts"]),
        "{refused:?}"
    );
}

#[tokio::test]
async fn refuses_the_key_of_another_database() {
    let database = database();
    drop(open(&database).await);
    let refused = store::open(&database.url(), Vault::new([8; 32])).await.unwrap_err();
    assert!(matches!(refused, OpenError::WrongVault), "{refused:?}");
}

#[tokio::test]
async fn the_key_lies_with_each_node_and_is_made_once() {
    let database = database();
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let url = url(&database);
    assert!(!url.is_made().await.unwrap());
    let vault = url.vault(here.path()).await.unwrap();
    drop(url.open(vault, Options::default()).await.unwrap());
    assert!(url.is_made().await.unwrap());
    let missing = url.vault(there.path()).await.unwrap_err();
    assert!(matches!(missing, VaultError::MissingOfNode { .. }), "{missing:?}");
    assert!(!there.path().join("vault.key").exists(), "no useless key is created");
    std::fs::copy(here.path().join("vault.key"), there.path().join("vault.key")).unwrap();
    let vault = url.vault(there.path()).await.unwrap();
    url.open(vault, Options::default()).await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn refuses_a_database_that_is_not_utf_8() {
    let database = database();
    let name = format!("{}_latin", database.name);
    database.sql(&format!("CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0"));
    let url = database.url().replace(&database.name, &name);
    let refused = store::open(&url, Vault::new([7; 32])).await.unwrap_err();
    assert!(matches!(&refused, OpenError::PostgresEncoding { found } if found == "LATIN1"));
    database.sql(&format!("DROP DATABASE {name} WITH (FORCE)"));
}

#[tokio::test]
async fn says_what_is_wrong_with_the_way_to_a_database() {
    let database = database();
    let no_such = database.url().replace(&database.name, "no_such_database");
    let refused = store::open(&no_such, Vault::new([7; 32])).await.unwrap_err();
    assert!(format!("{refused:?}").contains("no_such_database"), "{refused:?}");
    let nobody = store::open("postgres://u@127.0.0.1:1/d", Vault::new([7; 32])).await;
    assert!(matches!(nobody, Err(OpenError::Postgres(_))), "{nobody:?}");
}

#[tokio::test]
async fn a_nodes_name_is_held_by_one_process() {
    let database = database();
    let url = url(&database);
    let held = url.hold_node("one").await.unwrap();
    let other = url.hold_node("two").await.unwrap();
    let begun = Instant::now();
    let refused = url.hold_node("one").await.unwrap_err();
    assert!(matches!(&refused, OpenError::NodeTaken { node } if node == "one"), "{refused:?}");
    assert!(begun.elapsed() > Duration::from_secs(4), "it waits for a killed process to end");
    drop(held);
    url.hold_node("one").await.unwrap();
    drop(other);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nodes_name_is_taken_again_when_the_server_comes_back() {
    let database = PostgresDatabase::new(PostgresServer::durable());
    let url = url(&database);
    let _held = url.hold_node("one").await.unwrap();
    database.server.kill();
    database.server.revive();
    let begun = Instant::now();
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted";
    while database.sql(locks) != "1" {
        assert!(begun.elapsed() < Duration::from_secs(30), "the name is not available again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(matches!(url.hold_node("one").await, Err(OpenError::NodeTaken { .. })));
}

#[tokio::test]
async fn a_text_may_hold_what_postgres_cannot() {
    let database = database();
    let store = open(&database).await;
    let payer = rich(&*store).await;
    let mut order = super::orders(payer, [1]).remove(0);
    let text = domain::text::Text::new("a\0b");
    order.message.content.text = text.clone();
    let domain::sale::fulfilment::Fulfilment::Message { text: bought, .. } =
        &mut order.order.fulfilment
    else {
        panic!()
    };
    *bought = text;
    store.add_credit_orders(vec![order], None).await.unwrap();
    assert_eq!(database.sql("SELECT text FROM messages"), "a\u{fffd}b");
}
