//! Boltgram's store in a trial.

use std::convert::Infallible;
use std::str::FromStr;

/// Parsed from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Store {
    /// A file in the trial's directory.
    Sqlite,
    /// A PostgreSQL server started for the trial.
    Postgres,
    /// URL of an empty database.
    At(String),
}

impl FromStr for Store {
    type Err = Infallible;

    fn from_str(said: &str) -> Result<Self, Infallible> {
        Ok(match said {
            "sqlite" => Self::Sqlite,
            "postgres" => Self::Postgres,
            url => Self::At(url.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Store;

    #[test]
    fn whatever_is_no_word_is_a_url() {
        let url = "postgres://u@h/d";
        let said = ["sqlite", "postgres", url].map(|said| said.parse::<Store>().unwrap());
        assert_eq!(said, [Store::Sqlite, Store::Postgres, Store::At(url.to_owned())]);
    }
}
