//! The conformance suite on each engine, each case on its own database.

mod postgres {
    use std::sync::Arc;

    use async_trait::async_trait;
    use domain::ports::Store;
    use store::Vault;
    use testkit::postgres::{PostgresDatabase, PostgresServer};
    use testkit::store_conformance::Rig;
    use tokio::sync::OnceCell;

    struct Postgres(PostgresDatabase);

    #[async_trait]
    impl Rig for Postgres {
        async fn open(&self) -> Arc<dyn Store> {
            store::open(&self.0.url(), Vault::new([7; 32])).await.unwrap()
        }
    }

    /// A migrated database, of which the others are copies.
    static TEMPLATE: OnceCell<PostgresDatabase> = OnceCell::const_new();

    async fn opened() -> PostgresDatabase {
        let database = Postgres(PostgresDatabase::new(PostgresServer::shared()));
        drop(database.open().await);
        database.0.close();
        database.0
    }

    async fn rig() -> Postgres {
        Postgres(PostgresDatabase::copy_of(TEMPLATE.get_or_init(opened).await))
    }

    testkit::store_conformance!(rig);
}

mod sqlite {
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

    async fn rig() -> Sqlite {
        Sqlite { directory: tempfile::tempdir().unwrap() }
    }

    testkit::store_conformance!(rig);
}
