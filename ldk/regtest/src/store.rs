//! A key-value store in memory for ldk-node. A clone is the same store, so a node finds its state again after a restart.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use ldk_node::lightning::io;
use ldk_node::lightning::util::persist::{KVStore, KVStoreSync};

type Key = (String, String, String);
type Answer<T> = Pin<Box<dyn Future<Output = Result<T, io::Error>> + Send>>;

#[derive(Clone, Default)]
pub(crate) struct MemoryStore(Arc<Mutex<BTreeMap<Key, Vec<u8>>>>);

fn key(primary: &str, secondary: &str, name: &str) -> Key {
    (primary.into(), secondary.into(), name.into())
}

impl KVStoreSync for MemoryStore {
    fn read(&self, primary: &str, secondary: &str, name: &str) -> Result<Vec<u8>, io::Error> {
        let found = self.0.lock().unwrap().get(&key(primary, secondary, name)).cloned();
        found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such key"))
    }

    fn write(
        &self,
        primary: &str,
        secondary: &str,
        name: &str,
        value: Vec<u8>,
    ) -> Result<(), io::Error> {
        self.0.lock().unwrap().insert(key(primary, secondary, name), value);
        Ok(())
    }

    fn remove(
        &self,
        primary: &str,
        secondary: &str,
        name: &str,
        _lazy: bool,
    ) -> Result<(), io::Error> {
        self.0.lock().unwrap().remove(&key(primary, secondary, name));
        Ok(())
    }

    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, io::Error> {
        let map = self.0.lock().unwrap();
        let names = map.keys().filter(|key| key.0 == primary && key.1 == secondary);
        Ok(names.map(|key| key.2.clone()).collect())
    }
}

impl KVStore for MemoryStore {
    fn read(&self, primary: &str, secondary: &str, name: &str) -> Answer<Vec<u8>> {
        Box::pin(ready(KVStoreSync::read(self, primary, secondary, name)))
    }

    fn write(&self, primary: &str, secondary: &str, name: &str, value: Vec<u8>) -> Answer<()> {
        Box::pin(ready(KVStoreSync::write(self, primary, secondary, name, value)))
    }

    fn remove(&self, primary: &str, secondary: &str, name: &str, lazy: bool) -> Answer<()> {
        Box::pin(ready(KVStoreSync::remove(self, primary, secondary, name, lazy)))
    }

    fn list(&self, primary: &str, secondary: &str) -> Answer<Vec<String>> {
        Box::pin(ready(KVStoreSync::list(self, primary, secondary)))
    }
}
