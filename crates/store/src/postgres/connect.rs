//! Connects, with TLS as configured and with our session limits instead of the server's.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::tls::{NoTls, TlsStream};
use tokio_postgres::{Client, Connection as Driver, Socket};

use super::connection::Connection;
use super::url::Server;
use crate::OpenError;

/// The server cancels a statement this long before we drop the connection.
const MARGIN: Duration = Duration::from_secs(2);

/// `plans` are planner settings of the session.
pub(super) async fn connect(
    server: &Server,
    deadline: Duration,
    plans: &str,
) -> Result<Connection, OpenError> {
    let connecting = async {
        let client = client(server).await?;
        client.batch_execute(&format!("{}; {plans}", session(deadline))).await?;
        Ok::<_, OpenError>(client)
    };
    let client = match tokio::time::timeout(deadline, connecting).await {
        Ok(connected) => connected?,
        Err(_) => return Err(OpenError::PostgresSilent),
    };
    Ok(Connection::new(client, deadline))
}

pub(super) async fn client(server: &Server) -> Result<Client, OpenError> {
    driven_client(server).await.map(|(client, _)| client)
}

/// Connects, and spawns a task that drives the connection until it ends.
pub(super) async fn driven_client(server: &Server) -> Result<(Client, JoinHandle<()>), OpenError> {
    match &server.tls {
        Some(tls) => {
            let (client, driver) = server.config.connect(tls.clone()).await?;
            Ok((client, drive(driver)))
        }
        None => {
            let (client, driver) = server.config.connect(NoTls).await?;
            Ok((client, drive(driver)))
        }
    }
}

/// Drives the connection. Ends with its client or with the connection; pending requests then fail.
#[expect(clippy::disallowed_methods, reason = "a part of the connection, which has no other owner")]
fn drive<T>(driver: Driver<Socket, T>) -> JoinHandle<()>
where
    T: TlsStream + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        if let Err(error) = driver.await {
            tracing::debug!(%error, "a connection to PostgreSQL ended");
        }
    })
}

/// Commits are flushed before they are acknowledged, and a transaction left open by a dead node
/// does not keep its row locks.
fn session(deadline: Duration) -> String {
    let statement = deadline.saturating_sub(MARGIN).max(deadline / 2).as_millis();
    let lock = (deadline / 2).as_millis();
    // Locks of a stopped node are released before changes that wait for them time out.
    let idle = (deadline / 4).as_millis();
    format!(
        "SET statement_timeout = {statement};
         SET lock_timeout = {lock};
         SET idle_in_transaction_session_timeout = {idle};
         SET jit = off;
         SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') = 'off';
         {PRESENCE}"
    )
}

/// Makes the server detect a lost client soon and release its locks. Two of these exist since
/// PostgreSQL 14.
pub(super) const PRESENCE: &str = "
     SELECT set_config(name, CASE name
         WHEN 'tcp_keepalives_idle' THEN '30' WHEN 'tcp_keepalives_interval' THEN '10'
         WHEN 'tcp_keepalives_count' THEN '3' WHEN 'idle_session_timeout' THEN '0'
         ELSE '5s' END, false)
     FROM pg_settings WHERE name IN ('tcp_keepalives_idle', 'tcp_keepalives_interval',
         'tcp_keepalives_count', 'idle_session_timeout', 'client_connection_check_interval')";

/// For changes, which find every row by an index. A plan is made once per connection, perhaps while
/// a table is empty and a sequential scan is cheapest; and rows must be locked in the order of the
/// parameters.
pub(super) const BY_INDEX: &str = "
     SET plan_cache_mode = force_generic_plan;
     SET enable_seqscan = off;
     SET enable_hashjoin = off;
     SET enable_mergejoin = off;";

/// For reads, which may scan whole tables.
pub(super) const AS_IS: &str = "";
