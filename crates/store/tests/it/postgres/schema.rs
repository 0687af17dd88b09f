//! Both engines have the same tables with the same columns.

use std::collections::BTreeSet;

use super::{database, open};
use crate::fixture::Database;

/// Table, column, PostgreSQL type, whether it is NOT NULL.
type Columns = BTreeSet<(String, String, String, bool)>;

async fn of_sqlite() -> Columns {
    let database = Database::new();
    drop(database.open().await);
    let outside = database.connect();
    let mut statement = outside
        .prepare(
            "SELECT t.name, c.name, c.type, c.\"notnull\" = 1 OR c.pk > 0
             FROM sqlite_schema t JOIN pragma_table_info(t.name) c
             WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite_%'",
        )
        .unwrap();
    let column = |row: &rusqlite::Row<'_>| {
        let kind: String = row.get(2)?;
        let kind = match kind.as_str() {
            "INTEGER" => "bigint",
            "TEXT" => "text",
            "BLOB" => "bytea",
            other => panic!("{other}"),
        };
        Ok((row.get(0)?, row.get(1)?, kind.to_owned(), row.get(3)?))
    };
    statement.query_map([], column).unwrap().map(Result::unwrap).collect()
}

async fn of_postgres() -> Columns {
    let database = database();
    drop(open(&database).await);
    let told = database.sql(
        "SELECT table_name, column_name, data_type, is_nullable = 'NO'
         FROM information_schema.columns WHERE table_schema = 'public'",
    );
    let column = |line: &str| {
        let mut words = line.split('|').map(str::to_owned);
        let mut word = || words.next().unwrap();
        (word(), word(), word(), word() == "t")
    };
    told.lines().map(column).collect()
}

#[tokio::test]
async fn both_engines_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (of_sqlite().await, of_postgres().await);
    let lacking: Vec<_> = sqlite.difference(&postgres).collect();
    let more: Vec<_> = postgres.difference(&sqlite).collect();
    assert!(lacking.is_empty() && more.is_empty(), "lacking {lacking:?}, more {more:?}");
    assert!(sqlite.len() > 100, "{}", sqlite.len());
}

/// Every index is needed by both engines.
#[tokio::test]
async fn both_engines_have_the_same_indices() {
    let sqlite = Database::new();
    drop(sqlite.open().await);
    let outside = sqlite.connect();
    let named = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
    let mut statement = outside.prepare(named).unwrap();
    let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let sqlite: BTreeSet<_> = names.map(Result::unwrap).collect();
    let database = database();
    drop(open(&database).await);
    let told = database.sql(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND NOT EXISTS (
             SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype <> 'f')",
    );
    assert_eq!(sqlite, told.lines().map(str::to_owned).collect());
}
