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
    pub(crate) async fn serve(
        self,
        engine: &Arc<Engine>,
        http: HttpSettings,
        stop: &CancellationToken,
    ) {
        let ops = api::admin_router(engine.clone(), http.clone());
        let router = api::router(engine.clone(), http);
        let main = http::serve(self.main, router, stop.clone().cancelled_owned());
        let Some(admin) = self.admin else { return main.await };
        tokio::join!(main, http::serve(admin, ops, stop.clone().cancelled_owned()));
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}
