//! Creates a database with the newest schema, and migrates an older one. Every migration is a file,
//! runs once, and never changes after a release.
//!
//! | version found | what happens |
//! |---|---|
//! | none | refused: the file lost its tables, or is none of ours; a new database is created whole |
//! | older | copied to `boltgram.db.before-N` (N is the new version), then migrated in one transaction |
//! | ours | nothing, if no table is missing |
//! | newer | refused |
//!
//! A crash before the copy has its name leaves a draft of it; a crash before the commit leaves the old
//! database, which the next start copies and migrates again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::copy::copy;
use crate::schema::expected_tables;
use crate::{OpenError, Options};

pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_rows.sql"),
    include_str!("../../migrations/sqlite/0002_faults_mended.sql"),
    include_str!("../../migrations/sqlite/0003_query_door.sql"),
    include_str!("../../migrations/sqlite/0004_numbers_on_loan.sql"),
    include_str!("../../migrations/sqlite/0005_lost_orders.sql"),
];

const VERSIONS: &str = "CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT";

/// The newest schema in an empty database.
pub(super) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let tx = connection.transaction()?;
    tx.execute_batch(VERSIONS)?;
    run(&tx, MIGRATIONS, 0)?;
    tx.commit()
}

pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    options: &Options,
) -> Result<(), OpenError> {
    migrate_by(MIGRATIONS, connection, path, options)?;
    let missing: Vec<_> = expected_tables()?.difference(&tables(connection)?).cloned().collect();
    if missing.is_empty() { Ok(()) } else { Err(OpenError::TablesMissing { missing }) }
}

fn migrate_by(
    migrations: &[&str],
    connection: &mut Connection,
    path: &Path,
    options: &Options,
) -> Result<(), OpenError> {
    let known = migrations.len();
    if version(connection)? == Some(known) {
        return Ok(());
    }
    // The first process migrates; others wait here and find it done. Nobody writes meanwhile.
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&tx)?.ok_or_else(|| OpenError::NoTables { path: path.to_owned() })?;
    let number = |version| i64::try_from(version).unwrap_or(i64::MAX);
    if found > known {
        return Err(OpenError::Newer { found: number(found), known: number(known) });
    }
    if found < known {
        if !options.migrate {
            return Err(OpenError::Older { found: number(found), known: number(known) });
        }
        let kept = before(path, known);
        copy(path, &kept).map_err(OpenError::Copy)?;
        tracing::warn!(
            from = found,
            to = known,
            copy = %kept.display(),
            "migrating the database; a copy of it as it was is kept"
        );
        run(&tx, migrations, found)?;
    }
    tx.commit()?;
    Ok(())
}

fn run(tx: &Transaction<'_>, migrations: &[&str], done: usize) -> rusqlite::Result<()> {
    for (version, migration) in (1_i64..).zip(migrations).skip(done) {
        tx.execute_batch(migration)?;
        tx.execute("INSERT INTO schema_version (version) VALUES (?1)", [version])?;
    }
    Ok(())
}

/// The copy of a database that is migrated to this version.
fn before(path: &Path, version: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".before-{version}"));
    name.into()
}

/// `None` without a version.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<Option<usize>> {
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'";
    if connection.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    let version = "SELECT max(version) FROM schema_version";
    let version: Option<i64> = connection.query_row(version, [], |row| row.get(0))?;
    Ok(version.and_then(|version| usize::try_from(version).ok()).filter(|version| *version > 0))
}

pub(crate) fn tables(connection: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    let ours = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                    AND name <> 'schema_version'";
    let mut statement = connection.prepare(ours)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const FIRST: &str = "CREATE TABLE one (row INTEGER); INSERT INTO one VALUES (1);";
    const SECOND: &str = "CREATE TABLE two (row INTEGER); INSERT INTO two SELECT row FROM one;";

    /// A database of the first version with some rows, in a log.
    fn old(path: &Path) -> Connection {
        let mut connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "journal_mode", "wal").unwrap();
        let tx = connection.transaction().unwrap();
        tx.execute_batch(VERSIONS).unwrap();
        run(&tx, &[FIRST], 0).unwrap();
        tx.commit().unwrap();
        for row in 2..1_000 {
            connection.execute("INSERT INTO one VALUES (?1)", [row]).unwrap();
        }
        connection
    }

    fn count(connection: &Connection, table: &str) -> u32 {
        let count = format!("SELECT count(*) FROM {table}");
        connection.query_row(&count, [], |row| row.get(0)).unwrap()
    }

    fn by(migrations: &[&str], connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
        migrate_by(migrations, connection, path, &Options::default())
    }

    #[test]
    fn keeps_a_copy_of_what_was_there_with_all_that_is_in_the_log() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("boltgram.db");
        let mut connection = old(&path);
        by(&[FIRST, SECOND], &mut connection, &path).unwrap();
        assert_eq!((version(&connection).unwrap(), count(&connection, "two")), (Some(2), 999));
        let copy = Connection::open(before(&path, 2)).unwrap();
        assert_eq!((version(&copy).unwrap(), count(&copy, "one")), (Some(1), 999));
        assert!(copy.prepare("SELECT * FROM two").is_err());
    }

    #[test]
    fn a_migration_that_fails_leaves_the_old_database() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("boltgram.db");
        let mut connection = old(&path);
        let broken = [FIRST, "CREATE TABLE two (row INTEGER); DELETE FROM one; oops;"];
        assert!(matches!(by(&broken, &mut connection, &path), Err(OpenError::Sqlite(_))));
        assert_eq!((version(&connection).unwrap(), count(&connection, "one")), (Some(1), 999));
        by(&[FIRST, SECOND], &mut connection, &path).unwrap();
        assert_eq!(count(&connection, "two"), 999);
    }

    /// The files as a crash leaves them, after statements of a migration have reached the log.
    #[test]
    fn a_crash_in_a_migration_leaves_the_old_database() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("boltgram.db");
        let mut connection = old(&path);
        connection.pragma_update(None, "cache_size", 5).unwrap();
        let log = |path: &Path| path.with_extension("db-wal");
        let before = fs::read(log(&path)).unwrap();
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        run(&tx, &[FIRST, SECOND], 1).unwrap();
        tx.execute_batch(
            "INSERT INTO two SELECT a.row FROM one a, one b LIMIT 300000; DELETE FROM one",
        )
        .unwrap();
        assert!(fs::read(log(&path)).unwrap() != before, "nothing was written");

        let crashed = directory.path().join("crashed.db");
        fs::copy(&path, &crashed).unwrap();
        fs::copy(log(&path), log(&crashed)).unwrap();
        let mut connection = Connection::open(&crashed).unwrap();
        assert_eq!((version(&connection).unwrap(), count(&connection, "one")), (Some(1), 999));
        by(&[FIRST, SECOND], &mut connection, &crashed).unwrap();
        assert_eq!((version(&connection).unwrap(), count(&connection, "two")), (Some(2), 999));
    }

    #[test]
    fn a_copy_that_cannot_be_made_stops_the_migration() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("boltgram.db");
        let mut connection = old(&path);
        fs::create_dir(before(&path, 2)).unwrap();
        let refused = by(&[FIRST, SECOND], &mut connection, &path).unwrap_err();
        assert!(matches!(refused, OpenError::Copy(_)), "{refused:?}");
        assert_eq!(version(&connection).unwrap(), Some(1));
    }

    #[test]
    fn migrates_only_when_it_may() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("boltgram.db");
        let mut connection = old(&path);
        let options = Options { migrate: false, ..Options::default() };
        let refused = migrate_by(&[FIRST, SECOND], &mut connection, &path, &options).unwrap_err();
        assert!(matches!(refused, OpenError::Older { found: 1, known: 2 }), "{refused:?}");
        assert!(!before(&path, 2).exists());
    }
}
