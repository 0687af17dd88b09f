//! Maps errors of the server and of the connection to the port's errors.

use domain::ports::PortError;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

/// What a failed statement means for its change. Nothing of the change is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The server aborted this change because of another one; it can be repeated at once.
    Crossed,
    /// The connection was lost.
    Lost,
    /// No answer in time; the connection is dropped.
    Silent,
    /// The server reported an error of this statement.
    Told,
}

pub(super) fn fault(error: &Error) -> Fault {
    match error.as_db_error().map(DbError::code) {
        Some(code) if *code == SqlState::T_R_DEADLOCK_DETECTED => Fault::Crossed,
        Some(code) if *code == SqlState::T_R_SERIALIZATION_FAILURE => Fault::Crossed,
        Some(code) if ends_connection(code) => Fault::Lost,
        Some(_) => Fault::Told,
        None => Fault::Lost,
    }
}

/// The server closes the connection after these.
fn ends_connection(code: &SqlState) -> bool {
    matches!(code.code(), "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04")
        || code.code().starts_with("08")
}

/// For a statement before the commit: nothing was stored.
pub(super) fn port_error(error: &Error) -> PortError {
    let Some(db_error) = error.as_db_error() else {
        return PortError::Unavailable(format!("the connection to PostgreSQL: {}", chain(error)));
    };
    let text = text(db_error);
    match db_error.code().code().get(..2) {
        // Connection, resources, lock not available, operator, disk; a read-only server.
        Some("08" | "40" | "53" | "55" | "57" | "58") => PortError::Unavailable(text),
        _ if *db_error.code() == SqlState::READ_ONLY_SQL_TRANSACTION => {
            PortError::Unavailable(text)
        }
        _ if ends_connection(db_error.code()) => PortError::Unavailable(text),
        _ if *db_error.code() == SqlState::UNIQUE_VIOLATION => PortError::Conflict(text),
        _ => PortError::Refused(text),
    }
}

/// Whether an error of a commit proves that nothing was committed: the change was aborted for
/// another one, or violated a constraint.
pub(super) fn undid(error: &Error) -> bool {
    error.as_db_error().is_some_and(|db_error| {
        let code = db_error.code().code();
        matches!(code, "40001" | "40P01" | "40002") || code.starts_with("23")
    })
}

/// Details and hints of the server can quote rows; its messages name tables and constraints, except
/// those about invalid values, which quote them.
fn text(db_error: &DbError) -> String {
    let code = db_error.code().code();
    if code.starts_with("22") {
        format!("PostgreSQL {code}")
    } else {
        format!("PostgreSQL {code}: {}", db_error.message())
    }
}

pub(super) fn lost() -> (Fault, PortError) {
    let error = PortError::Unavailable("the connection to PostgreSQL was lost".to_owned());
    (Fault::Lost, error)
}

pub(super) fn silent() -> PortError {
    PortError::Unavailable("PostgreSQL did not answer in time".to_owned())
}

pub(super) fn unsure() -> PortError {
    PortError::Unknown("the connection to PostgreSQL broke during the commit".to_owned())
}

/// The error with its causes, because an error of the port has a single text.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
