//! Dumps and restores a database by PostgreSQL's own programs, which read one snapshot while others write.
//! The password goes to them by their environment, where other users cannot read it.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::connect::client;
use super::url::Server;
use crate::backup::{BackupError, DUMP};

#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    #[error(
        "{program} is not installed here; it comes with PostgreSQL's client programs. Where it is, run: \
         {command}"
    )]
    NotInstalled { program: &'static str, command: String },
    #[error("{program} could not be run")]
    NotRun { program: &'static str, source: std::io::Error },
    #[error("{program} failed: {text}")]
    Failed { program: &'static str, text: String },
}

pub(crate) async fn dump(server: &Server, directory: &Path) -> Result<(), BackupError> {
    let file = directory.join(DUMP);
    let to = format!("--file={}", file.display());
    let from = format!("--dbname={}", server.conninfo());
    run(server, "pg_dump", &["--format=custom", "--no-owner", "--no-privileges", &to, &from])
        .await?;
    // Reads its table of contents.
    let list = file.display().to_string();
    Ok(run(server, "pg_restore", &["--list", &list]).await?)
}

pub(crate) async fn restore(server: &Server, directory: &Path) -> Result<(), BackupError> {
    let file = directory.join(DUMP).display().to_string();
    let to = format!("--dbname={}", server.conninfo());
    let whole = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"];
    let arguments: Vec<&str> = whole.into_iter().chain([to.as_str(), file.as_str()]).collect();
    if has_tables(server).await? {
        return Err(BackupError::NotEmpty);
    }
    Ok(run(server, "pg_restore", &arguments).await?)
}

async fn has_tables(server: &Server) -> Result<bool, DumpError> {
    let failed = |error: &dyn std::error::Error| DumpError::Failed {
        program: "connecting",
        text: super::error::chain(error),
    };
    let client = client(server).await.map_err(|error| failed(&error))?;
    let any = "SELECT EXISTS (SELECT FROM information_schema.tables
                              WHERE table_schema = current_schema())";
    let row = client.query_one(any, &[]).await.map_err(|error| failed(&error))?;
    row.try_get(0).map_err(|error| failed(&error))
}

async fn run(server: &Server, program: &'static str, arguments: &[&str]) -> Result<(), DumpError> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    if let Some(password) = server.password() {
        command.env("PGPASSWORD", String::from_utf8_lossy(password).as_ref());
    }
    let output = command.output().await.map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => {
            let quoted = |word: &&str| format!("\"{word}\"");
            let words: Vec<_> = arguments.iter().map(quoted).collect();
            let command = format!("{program} {}", words.join(" "));
            DumpError::NotInstalled { program, command }
        }
        _ => DumpError::NotRun { program, source },
    })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let text = text.lines().next().unwrap_or_default().trim().to_owned();
    Err(DumpError::Failed { program, text })
}
