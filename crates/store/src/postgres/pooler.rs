//! Detects a pooler that gives each transaction another session of the server. Session locks (a node's
//! name), LISTEN, prepared statements and session settings would be lost or go to strangers, seldom at
//! once: so it is refused at start.
//!
//! While one connection holds no transaction, others begin theirs. A pooler lends them the session that
//! the first one used, because it is idle; a server never does.

use std::time::Duration;

use tokio_postgres::{Client, SimpleQueryMessage};

use super::connect::client;
use super::url::Server;
use crate::OpenError;

/// Transactions that are open at the same time, should a busy pooler lend other sessions first.
const TRANSACTIONS: usize = 3;

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn refuse_pooler(server: &Server) -> Result<(), OpenError> {
    match tokio::time::timeout(PATIENCE, is_pooled(server)).await {
        Ok(Ok(false)) => Ok(()),
        Ok(Ok(true)) => Err(OpenError::PostgresPooled),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(OpenError::PostgresSilent),
    }
}

async fn is_pooled(server: &Server) -> Result<bool, OpenError> {
    let idle = client(server).await?;
    let session = session_of(&idle).await?;
    let mut open = Vec::with_capacity(TRANSACTIONS);
    for _ in 0..TRANSACTIONS {
        let other = client(server).await?;
        if let Err(error) = other.batch_execute("BEGIN").await {
            // A pooler that lends a session for each statement refuses transactions.
            return if error.as_db_error().is_some() { Ok(true) } else { Err(error.into()) };
        }
        if session_of(&other).await? == session {
            return Ok(true);
        }
        open.push(other);
    }
    Ok(session_of(&idle).await? != session)
}

/// The server's process that answers, by the simple protocol: poolers lose prepared statements.
async fn session_of(client: &Client) -> Result<Option<String>, OpenError> {
    let messages = client.simple_query("SELECT pg_backend_pid()").await?;
    let number = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    Ok(number)
}
