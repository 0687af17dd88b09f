//! A program for campaigns, on either store.

use testkit::postgres::{PostgresDatabase, PostgresServer};

use crate::centre::Centre;
use crate::running::{Home, SANDBOX_MONEY};

#[derive(Debug, Clone, Copy)]
pub(super) enum Rows {
    Sqlite,
    Postgresql,
}

pub(super) struct House {
    pub(super) home: Home,
    /// Dropped after the home.
    _database: Option<PostgresDatabase>,
}

impl House {
    /// With this configuration and store.
    pub(super) fn new(rows: Rows, config: &str) -> Self {
        let database = match rows {
            Rows::Sqlite => None,
            Rows::Postgresql => Some(PostgresDatabase::new(PostgresServer::shared())),
        };
        let url = database.as_ref().map(PostgresDatabase::url);
        let store = url.map_or_else(String::new, |url| format!("[store]\nurl = \"{url}\"\n"));
        Self { home: Home::with_config(&format!("{store}{config}")), _database: database }
    }

    /// Routes everything to this centre.
    pub(super) fn with_centre(rows: Rows, centre: &Centre) -> Self {
        let carrier = format!(
            "{SANDBOX_MONEY}[[carriers]]\nname = \"main\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {}\n\
             system_id = \"u\"\npassword = \"p\"\nreconnect_ms = 100\n\
             [[routes]]\nprefix = \"\"\ncarriers = [\"main\"]\n",
            centre.port()
        );
        Self::new(rows, &carrier)
    }

    pub(super) fn assert_sound(&self) {
        assert!(self.home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    }
}

/// Defines a test on each store for every scenario, an async function of [`Rows`].
macro_rules! on_both_stores {
    ($($scenario:ident)+) => {
        mod on_sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                super::$scenario($crate::bulk::house::Rows::Sqlite).await;
            }
        )+ }
        mod on_postgresql { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                super::$scenario($crate::bulk::house::Rows::Postgresql).await;
            }
        )+ }
    };
}
