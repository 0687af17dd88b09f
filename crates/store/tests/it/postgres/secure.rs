//! TLS and passwords, against a server that requires them.

use std::sync::Arc;

use domain::ports::Store;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use store::{OpenError, Options, StoreUrl, Vault};
use testkit::postgres::{PostgresDatabase, PostgresServer};

/// Writes a file into the server's directory, through the server.
fn give(server: &PostgresServer, name: &str, text: &str) {
    let quoted = text.replace('\'', "''");
    server.sql(
        "postgres",
        &format!(
            "COPY (SELECT unnest(string_to_array('{quoted}', chr(10))))
             TO PROGRAM 'umask 077; cat > {name}'"
        ),
    );
}

/// A server with its own certificate that requires a password from `gate` and trusts `postgres`.
fn strict() -> (PostgresDatabase, String) {
    let server = PostgresServer::durable();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    give(&server, "server.crt", &cert.pem());
    give(&server, "server.key", &signing_key.serialize_pem());
    give(
        &server,
        "pg_hba.conf",
        "host all postgres 127.0.0.1/32 trust\nhostssl all gate all scram-sha-256",
    );
    server.sql("postgres", "ALTER SYSTEM SET ssl = on");
    server.sql("postgres", "CREATE ROLE gate LOGIN SUPERUSER PASSWORD 's3cret'");
    server.sql("postgres", "SELECT pg_reload_conf()");
    (PostgresDatabase::new(server), cert.pem())
}

async fn open(url: &str) -> Result<Arc<dyn Store>, OpenError> {
    let url: StoreUrl = url.parse()?;
    url.open(Vault::new([7; 32]), Options::default()).await
}

#[tokio::test]
async fn speaks_tls_as_the_url_says() {
    let (database, certificate) = strict();
    let port = database.server.address().port();
    let at = |host: &str, options: &str| {
        format!("postgres://gate:s3cret@{host}:{port}/{}{options}", database.name)
    };
    let home = tempfile::tempdir().unwrap();
    let authority = home.path().join("server.pem");
    std::fs::write(&authority, certificate).unwrap();
    let verified = format!("?sslmode=verify-full&sslrootcert={}", authority.display());
    for (host, options) in [
        ("127.0.0.1", ""),
        ("127.0.0.1", "?sslmode=prefer"),
        ("127.0.0.1", "?sslmode=require"),
        ("127.0.0.1", "?sslmode=require&channel_binding=require"),
        ("localhost", verified.as_str()),
    ] {
        let store = open(&at(host, options)).await;
        let store = store.unwrap_or_else(|error| panic!("{host}{options}: {error:?}"));
        store.ping().await.unwrap();
        let clear = "SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a ON a.pid = s.pid
            WHERE a.usename = 'gate' AND NOT s.ssl";
        assert_eq!(database.sql(clear), "0", "{host}{options}");
    }
    // The server requires TLS for this user; the certificate has another name; its CA is unknown.
    for (host, options) in [
        ("127.0.0.1", "?sslmode=disable"),
        ("127.0.0.1", verified.as_str()),
        ("localhost", "?sslmode=verify-full"),
    ] {
        let refused = open(&at(host, options)).await.unwrap_err();
        assert!(matches!(refused, OpenError::Postgres(_)), "{host}{options}: {refused:?}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_when_tls_is_required() {
    let database = super::database();
    for mode in ["require", "verify-full"] {
        let url = database.url().replace("sslmode=disable", &format!("sslmode={mode}"));
        let refused = open(&url).await.unwrap_err();
        let told = format!("{refused:?}");
        assert!(matches!(refused, OpenError::Postgres(_)) && told.contains("TLS"), "{told}");
    }
    open(&database.url().replace("sslmode=disable", "sslmode=prefer")).await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_told() {
    let (database, _) = strict();
    let address = database.server.address();
    let url = format!("postgres://gate@{address}/{}", database.name);
    let url: StoreUrl = url.parse().unwrap();
    let wrong = url.clone().with_password("hunter2").unwrap();
    let refused = wrong.open(Vault::new([7; 32]), Options::default()).await.unwrap_err();
    assert!(!format!("{refused:?} {refused} {wrong} {wrong:?}").contains("hunter2"));
    assert!(format!("{refused:?}").contains("password authentication failed"), "{refused:?}");
    let right = url.with_password("s3cret").unwrap();
    right.open(Vault::new([7; 32]), Options::default()).await.unwrap();
}
