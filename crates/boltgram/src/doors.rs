//! The listeners. They are bound first, so that a second server on the same address fails before it opens the first
//! one's files.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use api::HttpSettings;
use engine::Engine;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;

pub(crate) struct Doors {
    main: TcpListener,
    admin: Option<TcpListener>,
}

impl Doors {
    pub(crate) async fn bind(config: &Config) -> anyhow::Result<Self> {
        let main = bind(config.listen).await?;
        let admin = match config.admin_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        Ok(Self { main, admin })
    }

    /// The actual addresses, with the port assigned for port 0.
    pub(crate) fn addresses(&self) -> anyhow::Result<(SocketAddr, Option<SocketAddr>)> {
        let admin = self.admin.as_ref().map(TcpListener::local_addr).transpose()?;
        Ok((self.main.local_addr()?, admin))
    }

    /// Serves until `stop`, then finishes requests in progress.
    pub(crate) async fn serve(self, routers: &Routers, stop: &CancellationToken) {
        let Routers { main, admin } = routers.clone();
        let main = http::serve(self.main, main, stop.clone().cancelled_owned());
        let Some(listener) = self.admin else { return main.await };
        tokio::join!(main, http::serve(listener, admin, stop.clone().cancelled_owned()));
    }
}

/// What each listener answers.
#[derive(Clone)]
pub(crate) struct Routers {
    main: http::Doors,
    admin: http::Doors,
}

impl Routers {
    pub(crate) fn new(engine: &Arc<Engine>, http: HttpSettings) -> Self {
        let admin = api::admin_router(engine.clone(), http.clone());
        Self { main: api::router(engine.clone(), http), admin }
    }

    /// Answers from now on with the settings of `other`.
    pub(crate) fn replace(&self, other: &Self) {
        self.main.replace(&other.main);
        self.admin.replace(&other.admin);
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}
