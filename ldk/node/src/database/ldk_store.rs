//! LDK's state: values under names, whose changes are on disk when their calls return.
//!
//! ldk-node's own store on SQLite flushes several times for each value, and a payment has nineteen of them.

use std::future::Future;
use std::pin::Pin;

use ldk_node::lightning::io;
use ldk_node::lightning::util::persist::{KVStore, KVStoreSync};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Database, DatabaseError};

type Answer<T> = Pin<Box<dyn Future<Output = Result<T, io::Error>> + Send>>;

pub(crate) struct LdkStore(pub(crate) Database);

fn failed(error: &DatabaseError) -> io::Error {
    io::Error::new(io::ErrorKind::Other, error.to_string())
}

fn write(
    (primary, secondary, name): (&str, &str, &str),
    value: Vec<u8>,
) -> impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static {
    let (primary, secondary, name) = (primary.to_owned(), secondary.to_owned(), name.to_owned());
    move |connection| {
        let sql = "INSERT INTO ldk (primary_namespace, secondary_namespace, name, value) \
             VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value";
        let values = params![primary, secondary, name, value];
        connection.prepare_cached(sql)?.execute(values).map(drop)
    }
}

fn remove(
    (primary, secondary, name): (&str, &str, &str),
) -> impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static {
    let (primary, secondary, name) = (primary.to_owned(), secondary.to_owned(), name.to_owned());
    move |connection| {
        let sql = "DELETE FROM ldk \
             WHERE primary_namespace = ? AND secondary_namespace = ? AND name = ?";
        connection.prepare_cached(sql)?.execute(params![primary, secondary, name]).map(drop)
    }
}

impl KVStoreSync for LdkStore {
    fn read(&self, primary: &str, secondary: &str, name: &str) -> Result<Vec<u8>, io::Error> {
        let value = self.0.read(|connection| {
            let sql = "SELECT value FROM ldk \
                 WHERE primary_namespace = ? AND secondary_namespace = ? AND name = ?";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row(params![primary, secondary, name], |row| row.get(0)).optional()
        });
        let missing = || io::Error::new(io::ErrorKind::NotFound, "there is no such value");
        value.map_err(|error| failed(&error))?.ok_or_else(missing)
    }

    fn write(
        &self,
        primary: &str,
        secondary: &str,
        name: &str,
        value: Vec<u8>,
    ) -> Result<(), io::Error> {
        let written = self.0.writer.change_now(write((primary, secondary, name), value));
        written.map_err(|error| failed(&error))
    }

    fn remove(
        &self,
        primary: &str,
        secondary: &str,
        name: &str,
        _lazy: bool,
    ) -> Result<(), io::Error> {
        let removed = self.0.writer.change_now(remove((primary, secondary, name)));
        removed.map_err(|error| failed(&error))
    }

    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, io::Error> {
        let names = self.0.read(|connection| {
            let sql =
                "SELECT name FROM ldk WHERE primary_namespace = ? AND secondary_namespace = ?";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map(params![primary, secondary], |row| row.get(0))?.collect()
        });
        names.map_err(|error| failed(&error))
    }
}

/// Changes of one value are made in the order of the calls, whenever their futures are awaited.
impl KVStore for LdkStore {
    fn read(&self, primary: &str, secondary: &str, name: &str) -> Answer<Vec<u8>> {
        Box::pin(std::future::ready(KVStoreSync::read(self, primary, secondary, name)))
    }

    fn write(&self, primary: &str, secondary: &str, name: &str, value: Vec<u8>) -> Answer<()> {
        let writing = self.0.writer.begin(write((primary, secondary, name), value));
        Box::pin(async move { writing.await.map_err(|error| failed(&error)) })
    }

    fn remove(&self, primary: &str, secondary: &str, name: &str, _lazy: bool) -> Answer<()> {
        let removing = self.0.writer.begin(remove((primary, secondary, name)));
        Box::pin(async move { removing.await.map_err(|error| failed(&error)) })
    }

    fn list(&self, primary: &str, secondary: &str) -> Answer<Vec<String>> {
        Box::pin(std::future::ready(KVStoreSync::list(self, primary, secondary)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn open(dir: &tempfile::TempDir) -> LdkStore {
        LdkStore(Database::open(&dir.path().join("node.db")).unwrap())
    }

    #[test]
    fn values_are_written_read_listed_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let missing = KVStoreSync::read(&store, "a", "", "x").unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        KVStoreSync::write(&store, "a", "", "x", vec![1]).unwrap();
        KVStoreSync::write(&store, "a", "", "x", vec![2, 3]).unwrap();
        KVStoreSync::write(&store, "a", "b", "y", vec![]).unwrap();
        drop(store);
        let store = open(&dir);
        assert_eq!(KVStoreSync::read(&store, "a", "", "x").unwrap(), [2, 3]);
        assert!(KVStoreSync::read(&store, "a", "b", "y").unwrap().is_empty());
        assert_eq!(KVStoreSync::list(&store, "a", "").unwrap(), ["x"]);
        KVStoreSync::remove(&store, "a", "", "x", false).unwrap();
        KVStoreSync::remove(&store, "a", "", "x", false).unwrap();
        assert!(KVStoreSync::list(&store, "a", "").unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_last_call_wins_whatever_is_awaited_first() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let first = KVStore::write(&store, "a", "", "x", vec![1]);
        let second = KVStore::write(&store, "a", "", "x", vec![2]);
        second.await.unwrap();
        first.await.unwrap();
        assert_eq!(KVStoreSync::read(&store, "a", "", "x").unwrap(), [2]);
        // One that nobody awaits is written all the same.
        drop(KVStore::write(&store, "a", "", "x", vec![3]));
        KVStoreSync::write(&store, "a", "", "y", vec![]).unwrap();
        assert_eq!(KVStoreSync::read(&store, "a", "", "x").unwrap(), [3]);
    }
}
