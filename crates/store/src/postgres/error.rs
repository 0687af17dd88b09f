//! What the server or the way to it says, in the port's words.

use domain::ports::PortError;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

/// What a failed statement means for the change that it is part of. Nothing of it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Two changes stood in each other's way and this one gave in: it may be run again at once.
    Crossed,
    /// The connection is gone.
    Lost,
    /// No answer in time; the connection is given up.
    Silent,
    /// The server's word on this statement.
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

/// The server closes a connection after these.
fn ends_connection(code: &SqlState) -> bool {
    matches!(code.code(), "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04")
        || code.code().starts_with("08")
}

/// For a statement before the commit: nothing happened.
pub(super) fn port_error(error: &Error) -> PortError {
    let Some(told) = error.as_db_error() else {
        return PortError::Unavailable(format!("the connection to PostgreSQL: {}", chain(error)));
    };
    let text = text(told);
    match told.code().code().get(..2) {
        // Connection, resources, lock not to be had, operator, disk; a server that only reads.
        Some("08" | "40" | "53" | "55" | "57" | "58") => PortError::Unavailable(text),
        _ if *told.code() == SqlState::READ_ONLY_SQL_TRANSACTION => PortError::Unavailable(text),
        _ if ends_connection(told.code()) => PortError::Unavailable(text),
        _ => PortError::Refused(text),
    }
}

/// Whether the server's word on a commit says for sure that nothing was committed: it gave in to
/// another change, or a constraint did not hold.
pub(super) fn undid(error: &Error) -> bool {
    error.as_db_error().is_some_and(|told| {
        let code = told.code().code();
        matches!(code, "40001" | "40P01" | "40002") || code.starts_with("23")
    })
}

/// Details and hints of the server can quote rows; its messages name tables and constraints. Those
/// of unfit values quote them.
fn text(told: &DbError) -> String {
    let code = told.code().code();
    if code.starts_with("22") {
        format!("PostgreSQL {code}")
    } else {
        format!("PostgreSQL {code}: {}", told.message())
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

/// With its causes: an error of the port tells all of it in one text.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
