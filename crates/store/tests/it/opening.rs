//! Opening: creation, migration and refusals.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use domain::account::Account;
use domain::account::operator::Actor;
use domain::money::Msat;
use domain::ports::{NewAccount, PortError, Store};
use domain::secret::Secret;
use store::{OpenError, Options, Vault};
use testkit::clock::NOON;

use crate::fixture::{Database, account, credit_order, spend};

#[tokio::test]
async fn makes_directory_and_database() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a/b/boltgram.db");
    let url = format!("sqlite:{}", path.display());
    let store = store::open(&url, Vault::beside(&path).unwrap()).await.unwrap();
    store.ping().await.unwrap();
    assert!(path.is_file() && path.with_file_name("vault.key").is_file());
}

#[tokio::test]
async fn keeps_the_database_from_other_users() {
    let database = Database::new();
    let store = database.open().await;
    account(&*store, Msat::ZERO).await;
    let mut names = Vec::new();
    for file in std::fs::read_dir(database.path().parent().unwrap()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort_unstable();
    assert_eq!(names, ["boltgram.db", "boltgram.db-shm", "boltgram.db-wal", "vault.key"]);
}

#[tokio::test]
async fn refuses_a_database_of_a_newer_program() {
    let database = Database::new();
    drop(database.open().await);
    let outside = database.connect();
    outside.execute("INSERT INTO schema_version (version) VALUES (99)", []).unwrap();
    let refused = database.open_with(Options::default()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Newer { found: 99, known: 5 }), "{refused:?}");
    assert!(refused.to_string().contains("newer program"), "{refused}");
}

#[tokio::test]
async fn makes_no_database_beside_the_log_of_another() {
    for end in ["-wal", "-shm"] {
        let database = Database::new();
        let mut left = database.path().as_os_str().to_owned();
        left.push(end);
        std::fs::write(&left, b"of a database that is gone").unwrap();
        let refused = database.open_with(Options::default()).await.unwrap_err();
        assert!(matches!(refused, OpenError::Leftover { .. }), "{refused:?}");
        assert!(refused.to_string().contains(end) && !database.path().exists(), "{refused}");
        std::fs::remove_file(left).unwrap();
        drop(database.open().await);
    }
}

#[tokio::test]
async fn migrates_once_when_many_open_at_once() {
    let database = Database::new();
    let _ = database.vault();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let url = format!("sqlite:{}", database.path().display());
        let vault = Vault::beside(&database.path().with_file_name("fresh.db")).unwrap();
        tasks.spawn(async move { store::open(&url, vault).await.map(drop) });
    }
    for opened in tasks.join_all().await {
        opened.unwrap();
    }
    let versions: u32 = database
        .connect()
        .query_row("SELECT count(*) FROM schema_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(versions, 5);
}

#[tokio::test]
async fn refuses_a_database_that_was_emptied() {
    let database = Database::new();
    drop(database.open().await);
    std::fs::write(database.path(), "").unwrap();
    let refused = database.open_with(Options::default()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Empty { .. }), "{refused:?}");
    assert_eq!(std::fs::metadata(database.path()).unwrap().len(), 0, "it is left as it is");
}

/// What a copy of the file alone, without its log, holds while a server runs for the first time.
#[tokio::test]
async fn refuses_a_database_without_tables() {
    let database = Database::new();
    let _ = database.vault();
    database.connect().pragma_update(None, "journal_mode", "wal").unwrap();
    assert!(std::fs::metadata(database.path()).unwrap().len() > 0);
    let refused = database.open_with(Options::default()).await.unwrap_err();
    assert!(matches!(refused, OpenError::NoTables { .. }), "{refused:?}");
}

#[tokio::test]
async fn refuses_a_database_that_lost_some_tables() {
    let database = Database::new();
    drop(database.open().await);
    database.connect().execute_batch("DROP TABLE events; DROP TABLE refunds;").unwrap();
    let refused = database.open_with(Options::default()).await.unwrap_err();
    assert!(
        matches!(&refused, OpenError::TablesMissing { missing } if missing == &["events", "refunds"]),
        "{refused:?}"
    );
    database.connect().execute_batch("DROP TABLE schema_version").unwrap();
    let refused = database.open_with(Options::default()).await.unwrap_err();
    assert!(matches!(refused, OpenError::NoTables { .. }), "{refused:?}");
}

#[tokio::test]
async fn refuses_another_vault_key() {
    let database = Database::new();
    account(&*database.open().await, Msat::ZERO).await;
    let url = format!("sqlite:{}", database.path().display());
    let refused = store::open(&url, Vault::new([9; 32])).await.unwrap_err();
    assert!(matches!(refused, OpenError::WrongVault), "{refused:?}");
}

#[tokio::test]
async fn refuses_a_file_that_is_no_database() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("boltgram.db");
    std::fs::write(&path, "no database, but some text that is long enough".repeat(100)).unwrap();
    let url = format!("sqlite:{}", path.display());
    let refused = store::open(&url, Vault::new([9; 32])).await.unwrap_err();
    assert!(matches!(refused, OpenError::Sqlite(_)), "{refused:?}");
}

#[tokio::test]
async fn keeps_a_write_ahead_log() {
    let database = Database::new();
    drop(database.open().await);
    let mode: String =
        database.connect().query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

/// The flusher keeps the log file open: a new log file would not be flushed.
#[tokio::test]
async fn the_log_stays_the_same_file_while_others_come_and_go() {
    let database = Database::new();
    let store = database.open().await;
    let log = database.path().with_extension("db-wal");
    let inode = || std::fs::metadata(&log).unwrap().ino();
    let before = inode();
    for version in 1..4 {
        let other = database.connect();
        other.pragma_update(None, "user_version", version).unwrap();
        drop(other);
        drop(database.open().await);
        assert_eq!(inode(), before);
    }
    account(&*store, Msat::ZERO).await;
    assert_eq!(inode(), before);
}

/// Each of these leaves a process that could go on writing into files that nobody finds again.
#[tokio::test]
async fn a_database_whose_files_are_removed_or_replaced_is_unavailable() {
    type Fault = fn(&std::path::Path);
    let faults: [(&str, Fault); 5] = [
        ("boltgram.db", |path| std::fs::remove_file(path).unwrap()),
        ("boltgram.db", |path| {
            let other = path.with_extension("other");
            std::fs::copy(path, &other).unwrap();
            std::fs::rename(other, path).unwrap();
        }),
        ("boltgram.db-wal", |path| {
            std::fs::remove_file(path.with_extension("db-wal")).unwrap();
        }),
        ("vault.key", |path| std::fs::remove_file(path.with_file_name("vault.key")).unwrap()),
        ("boltgram.db", |path| std::fs::remove_dir_all(path.parent().unwrap()).unwrap()),
    ];
    for (named, fault) in faults {
        let database = Database::new();
        let kept = vec![database.path().with_file_name("vault.key")];
        let store = database.open_with(Options { kept, ..Options::default() }).await.unwrap();
        let payer = account(&*store, Msat::new(10_000)).await;
        store.ping().await.unwrap();
        fault(&database.path());
        let why = format!("{named} was removed or replaced while the program runs");
        assert_eq!(store.ping().await, Err(PortError::Unavailable(why.clone())));
        let (order, message) = credit_order(payer, 1);
        let refused = spend(&*store, order, message).await;
        assert_eq!(refused, Err(PortError::Unavailable(why)));
    }
}

#[tokio::test]
async fn a_vault_key_that_is_put_back_is_as_good_as_before() {
    let database = Database::new();
    let key = database.path().with_file_name("vault.key");
    let options = Options { kept: vec![key.clone()], ..Options::default() };
    let store = database.open_with(options).await.unwrap();
    let away = key.with_extension("away");
    std::fs::rename(&key, &away).unwrap();
    assert!(account_in(&*store).await.is_err());
    std::fs::rename(&away, &key).unwrap();
    account_in(&*store).await.unwrap();
}

async fn account_in(store: &dyn Store) -> Result<Account, PortError> {
    let (name, webhook_secret) = ("acme".parse().unwrap(), Secret::new("whsec_x"));
    let new = NewAccount { name, webhook_secret, credit: Msat::ZERO };
    store.add_account(new, Actor::CommandLine, NOON).await
}
