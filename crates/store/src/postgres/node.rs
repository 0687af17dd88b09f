//! The lock on a node's name: a second process with the same name would release the leases of the
//! first.
//!
//! It is an advisory lock of a dedicated session; the server frees it with the connection, however
//! the process ends. If the connection is lost, the lock is taken again.

use std::fmt;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;

use super::connect::{PRESENCE, driven_client};
use super::pooler::refuse_pooler;
use super::tx::advisory_key;
use super::url::Server;
use crate::OpenError;

/// Time for the server to notice that an earlier process was killed.
const PATIENCE: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(200);
const RECONNECT: Duration = Duration::from_secs(1);

/// Holds the name until it is dropped.
pub struct NodeName {
    keeping: JoinHandle<()>,
}

impl fmt::Debug for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeName")
    }
}

impl Drop for NodeName {
    fn drop(&mut self) {
        self.keeping.abort();
    }
}

type Session = (Client, JoinHandle<()>);

#[expect(clippy::disallowed_methods, reason = "lives and ends with the name")]
pub(crate) async fn hold(server: &Server, node: &str) -> Result<NodeName, OpenError> {
    refuse_pooler(server).await?;
    let until = Instant::now() + PATIENCE;
    let session = loop {
        if let Some(session) = take(server, node).await? {
            break session;
        }
        if Instant::now() > until {
            return Err(OpenError::NodeTaken { node: node.to_owned() });
        }
        sleep(AGAIN).await;
    };
    let keeping = tokio::spawn(keep(server.clone(), node.to_owned(), session));
    Ok(NodeName { keeping })
}

/// `None` when another session holds it.
async fn take(server: &Server, node: &str) -> Result<Option<Session>, OpenError> {
    let (client, driving) = driven_client(server).await?;
    client.batch_execute(PRESENCE).await?;
    let key = advisory_key(&format!("node {node}"));
    let row = client.query_one("SELECT pg_try_advisory_lock($1)", &[&key]).await?;
    Ok(row.try_get::<_, bool>(0)?.then_some((client, driving)))
}

async fn keep(server: Server, node: String, session: Session) {
    let (mut client, mut driving) = session;
    loop {
        let _ = driving.await;
        drop(client);
        tracing::warn!(node, "the connection that holds this node's name was lost");
        (client, driving) = loop {
            sleep(RECONNECT).await;
            match take(&server, &node).await {
                Ok(Some(session)) => break session,
                Ok(None) => {
                    tracing::error!(node, "another process has taken this node's name");
                }
                Err(error) => tracing::debug!(%error, "PostgreSQL cannot be reached"),
            }
        };
        tracing::info!(node, "this node holds its name again");
    }
}
