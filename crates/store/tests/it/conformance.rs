//! The suite that every engine runs, each case on a database of its own.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::Store;
use store::Vault;
use tempfile::TempDir;
use testkit::store_conformance::Rig;

struct Sqlite {
    directory: TempDir,
}

impl Sqlite {
    fn path(&self) -> PathBuf {
        self.directory.path().join("data/boltgram.db")
    }
}

#[async_trait]
impl Rig for Sqlite {
    async fn open(&self) -> Arc<dyn Store> {
        let url = format!("sqlite:{}", self.path().display());
        store::open(&url, Vault::beside(&self.path()).unwrap()).await.unwrap()
    }
}

async fn sqlite() -> Sqlite {
    Sqlite { directory: tempfile::tempdir().unwrap() }
}

testkit::store_conformance!(sqlite);
