//! Opens a PostgreSQL database for this process: server, migrations, vault, connections.

use std::sync::Arc;

use tokio_postgres::Client;

use super::Postgres;
use super::connect::{AS_IS, BY_INDEX, client};
use super::migrate::migrate;
use super::notify::NodeNotifier;
use super::pool::Pool;
use super::pooler::refuse_pooler;
use super::url::Server;
use crate::presence::Presence;
use crate::vault::{VAULT_CHECK, Vault};
use crate::{OpenError, Options};

/// Oldest version that the tests cover.
const VERSION_MIN: i64 = 130_000;

pub(crate) async fn open(
    server: Server,
    vault: Vault,
    options: &Options,
) -> Result<Postgres, OpenError> {
    let prepared = async {
        let mut client = client(&server).await?;
        check_server(&client).await?;
        migrate(&mut client, options.migrate).await?;
        check_vault(&client, &vault).await
    };
    match tokio::time::timeout(options.open_timeout, prepared).await {
        Ok(prepared) => prepared?,
        Err(_) => return Err(OpenError::PostgresSilent),
    }
    Ok(Postgres {
        writers: Pool::new(server.clone(), options.writers, options.deadline, BY_INDEX),
        readers: Pool::new(server.clone(), options.readers, options.deadline, AS_IS),
        vault: Arc::new(vault),
        server,
        notifier: NodeNotifier::new(),
        ping_timeout: options.ping_timeout,
        presence: Presence::of_kept(&options.kept),
        observer: options.observer.clone(),
    })
}

/// Whether this database was opened before.
pub(crate) async fn is_made(server: &Server) -> Result<bool, OpenError> {
    refuse_pooler(server).await?;
    let client = client(server).await?;
    let row = client.query_one("SELECT to_regclass('vault_check') IS NOT NULL", &[]).await?;
    if !row.try_get::<_, bool>(0)? {
        return Ok(false);
    }
    let row = client.query_one("SELECT count(*) FROM vault_check", &[]).await?;
    Ok(row.try_get::<_, i64>(0)? > 0)
}

async fn check_server(client: &Client) -> Result<(), OpenError> {
    let row = client
        .query_one(
            "SELECT current_setting('server_version_num')::bigint,
                 current_setting('server_version'), current_setting('server_encoding'),
                 current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on'",
            &[],
        )
        .await?;
    if row.try_get::<_, i64>(0)? < VERSION_MIN {
        return Err(OpenError::PostgresTooOld { found: row.try_get(1)? });
    }
    if row.try_get::<_, &str>(2)? != "UTF8" {
        return Err(OpenError::PostgresEncoding { found: row.try_get(2)? });
    }
    if !row.try_get::<_, bool>(3)? {
        tracing::warn!(
            "PostgreSQL runs without fsync or full_page_writes: what is acknowledged can be lost \
             with the server's power"
        );
    }
    Ok(())
}

/// Detects a wrong key at start instead of at the first preimage.
async fn check_vault(client: &Client, vault: &Vault) -> Result<(), OpenError> {
    let (column, row, plain) = VAULT_CHECK;
    let sealed = vault.seal(column, row, plain).map_err(|_| OpenError::WrongVault)?;
    client
        .execute(
            "INSERT INTO vault_check (id, sealed) VALUES (1, $1) ON CONFLICT (id) DO NOTHING",
            &[&sealed],
        )
        .await?;
    let stored = client.query_opt("SELECT sealed FROM vault_check WHERE id = 1", &[]).await?;
    let opens = match stored {
        Some(stored) => vault.open(column, row, stored.try_get(0)?).is_ok(),
        None => false,
    };
    if opens { Ok(()) } else { Err(OpenError::WrongVault) }
}
