//! Migrates a database to the newest schema, as `sqlite/migrate.rs` does for SQLite.

use tokio_postgres::Client;

use super::tx::advisory_key;
use crate::OpenError;

const MIGRATIONS: &[&str] = &[include_str!("../../migrations/postgres/0001_rows.sql")];

pub(super) async fn migrate(client: &mut Client) -> Result<(), OpenError> {
    let tx = client.transaction().await?;
    // The first process migrates; others wait here and find it done.
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&advisory_key("migrate")]).await?;
    tx.batch_execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)").await?;
    let row = tx.query_one("SELECT coalesce(max(version), 0) FROM schema_version", &[]).await?;
    let found: i64 = row.try_get(0)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for (version, migration) in (1_i64..).zip(MIGRATIONS).skip(done) {
        tx.batch_execute(migration).await?;
        tx.execute("INSERT INTO schema_version (version) VALUES ($1)", &[&version]).await?;
    }
    tx.commit().await?;
    Ok(())
}
