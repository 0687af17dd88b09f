//! Migrates a database to the newest schema, in one transaction, as `sqlite/migrate.rs` does for SQLite.
//! A database without any table is new. A dump before a migration is the operator's: the server may be
//! far away and large.

use std::collections::BTreeSet;

use tokio_postgres::{Client, Transaction};

use super::tx::advisory_key;
use crate::OpenError;
use crate::schema::expected_tables;

const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/postgres/0001_rows.sql"),
    include_str!("../../migrations/postgres/0002_faults_mended.sql"),
    include_str!("../../migrations/postgres/0003_query_door.sql"),
    include_str!("../../migrations/postgres/0004_numbers_on_loan.sql"),
    include_str!("../../migrations/postgres/0005_lost_orders.sql"),
];

pub(super) async fn migrate(client: &mut Client, may_migrate: bool) -> Result<(), OpenError> {
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
    if (1..known).contains(&found) {
        if !may_migrate {
            return Err(OpenError::Older { found, known });
        }
        refuse_beside_nodes(&tx).await?;
        tracing::warn!(
            from = found,
            to = known,
            "migrating the database in one transaction; a dump of it as it was is yours to make"
        );
    }
    let done = usize::try_from(found).unwrap_or(0);
    for (version, migration) in (1_i64..).zip(MIGRATIONS).skip(done) {
        tx.batch_execute(migration).await?;
        tx.execute("INSERT INTO schema_version (version) VALUES ($1)", &[&version]).await?;
    }
    refuse_missing_tables(&tx).await?;
    tx.commit().await?;
    Ok(())
}

/// A node of an older version would go on with a schema that it does not know.
async fn refuse_beside_nodes(tx: &Transaction<'_>) -> Result<(), OpenError> {
    let live = "SELECT name FROM nodes WHERE until > extract(epoch FROM clock_timestamp()) * 1000";
    let rows = tx.query(live, &[]).await?;
    let nodes: Vec<String> =
        rows.iter().map(|row| row.try_get(0)).collect::<Result<_, tokio_postgres::Error>>()?;
    if nodes.is_empty() { Ok(()) } else { Err(OpenError::NodesRunning { nodes }) }
}

async fn refuse_missing_tables(tx: &Transaction<'_>) -> Result<(), OpenError> {
    let there = "SELECT table_name::text FROM information_schema.tables
                 WHERE table_schema = current_schema()";
    let rows = tx.query(there, &[]).await?;
    let there: BTreeSet<String> =
        rows.iter().map(|row| row.try_get(0)).collect::<Result<_, tokio_postgres::Error>>()?;
    let missing: Vec<_> = expected_tables()?.difference(&there).cloned().collect();
    if missing.is_empty() { Ok(()) } else { Err(OpenError::TablesMissing { missing }) }
}
