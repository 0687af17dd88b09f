//! A pooler between the program and PostgreSQL: refused when it shares sessions, used when it does not.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use store::{OpenError, Options, StoreUrl};
use tempfile::TempDir;
use testkit::postgres::PostgresDatabase;

use super::database;

const PATIENCE: Duration = Duration::from_secs(30);

/// A pgbouncer before the test's server, until it is dropped.
struct Bouncer {
    child: Child,
    port: u16,
    _directory: TempDir,
}

impl Bouncer {
    fn new(database: &PostgresDatabase, mode: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // As root it changes to another user, who must read this.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = directory.path().join("pgbouncer.ini");
        let url = database.url();
        let (_, server) = url.rsplit_once(':').unwrap();
        let (server, _) = server.split_once('/').unwrap();
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={server} user=postgres\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = {mode}\nignore_startup_parameters = extra_float_digits\nuser = postgres\n"
        );
        fs::write(&file, config).unwrap();
        // `scripts/test` installs it.
        let child = Command::new("/usr/sbin/pgbouncer")
            .args(["-q", "-u", "postgres"])
            .arg(&file)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "pgbouncer does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, port, _directory: directory }
    }

    fn url(&self, database: &PostgresDatabase) -> StoreUrl {
        let url = format!("postgres://postgres@127.0.0.1:{}/{}", self.port, database.name);
        url.parse().unwrap()
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_pooler_that_shares_sessions_is_refused_at_start() {
    for mode in ["transaction", "statement"] {
        let database = database();
        let bouncer = Bouncer::new(&database, mode);
        let url = bouncer.url(&database);
        for refused in [url.is_made().await.map(drop), url.hold_node("one").await.map(drop)] {
            let refused = refused.unwrap_err();
            assert!(matches!(refused, OpenError::PostgresPooled), "{mode}: {refused:?}");
            assert!(refused.to_string().contains("set pool_mode = session"), "{refused}");
        }
        assert_eq!(database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
    }
}

#[tokio::test]
async fn a_pooler_that_keeps_sessions_is_no_hindrance() {
    let database = database();
    let bouncer = Bouncer::new(&database, "session");
    let url = bouncer.url(&database);
    let _name = url.hold_node("one").await.unwrap();
    assert!(!url.is_made().await.unwrap());
    let vault = store::Vault::new([7; 32]);
    let store = url.open(vault, Options::default()).await.unwrap();
    store.ping().await.unwrap();
}
