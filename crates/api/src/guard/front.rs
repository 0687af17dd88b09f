//! The way of every request from the line to its handler and back, in one function. Layers around
//! routes would do the same, but each of them is copied and boxed for each request, which was a third
//! of what a request cost.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::http::header::CACHE_CONTROL;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use tokio::time::Instant;
use tower::{Service, ServiceExt};

use super::admit::{admit, admit_stranger};
use super::cors;
use super::log_access::{log_access, method_name};
use super::panic::{catch_panic, show_panic};
use super::places::Places;
use crate::admin::identify_operator;
use crate::bulk::{Refused, refuse_bulk_method, refuse_bulk_path, show_bulk_panic};
use crate::refusal::{refuse_method, refuse_path};
use crate::settings::Door;

/// The one path of the admin door that wants no key.
const ADMIN_DOCUMENT: &str = "/admin/v1/openapi.json";

/// What stands before a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Scripts of other origins may call; the caller is looked at and counted.
    Orders,
    /// The caller is looked at and counted; everything is told in the envelope of the bulk door.
    Bulk,
    /// The caller's address is counted, and an operator's key is wanted.
    Admin,
    /// The caller's address is counted.
    Ops,
    /// Nothing.
    Sandbox,
}

/// Routes, and what stands before each.
pub(crate) struct Routes {
    router: Router<Door>,
    guard: Guard,
    places: Places<Guard>,
}

impl Routes {
    /// No routes yet; those that come stand behind this guard.
    pub(crate) fn behind(guard: Guard) -> Self {
        Self { router: Router::new(), guard, places: Places::default() }
    }

    /// `path` stands in the log as it is here: what a parameter (`{uuid}`) was does not.
    pub(crate) fn route(mut self, path: &'static str, methods: MethodRouter<Door>) -> Self {
        let methods = match self.guard {
            Guard::Bulk | Guard::Admin => methods.fallback(refuse_bulk_method),
            Guard::Orders | Guard::Ops | Guard::Sandbox => methods.fallback(refuse_method),
        };
        self.router = self.router.route(path, methods);
        self.places.add(path, self.guard);
        self
    }

    /// Everything below `root` is behind this guard, also what is no route.
    pub(crate) fn all_below(mut self, root: &'static str) -> Self {
        self.places.add_root(root, self.guard);
        self
    }

    /// Other paths stay behind the guard that these routes have.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.router = self.router.merge(others.router);
        self.places.extend(others.places);
        self
    }

    pub(crate) fn open(self, door: Door) -> Front {
        let router = self.router.fallback(refuse_path).with_state(door.clone());
        let Self { guard: elsewhere, places, .. } = self;
        Front(Arc::new(Inner { router, places, elsewhere, door }))
    }
}

/// All doors of a listener. Serve it with [`crate::serve`], which tells the peer's address.
#[derive(Debug, Clone)]
pub struct Front(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    router: Router,
    places: Places<Guard>,
    elsewhere: Guard,
    door: Door,
}

impl Service<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let inner = self.0.clone();
        Box::pin(async move { Ok(inner.answer(request).await) })
    }
}

impl Inner {
    async fn answer(&self, mut request: Request) -> Response {
        let begun = Instant::now();
        fold_path(&mut request);
        let method = method_name(request.method());
        let (route, guard) = self.places.find(request.uri().path());
        let guard = guard.copied().unwrap_or(self.elsewhere);
        let response = match guard {
            Guard::Orders => self.to_orders(request).await,
            Guard::Bulk => catch_panic(self.to_bulk(request, route), show_bulk_panic).await,
            Guard::Admin => catch_panic(self.to_admin(request, route), show_bulk_panic).await,
            Guard::Ops => catch_panic(self.to_ops(request), show_panic).await,
            Guard::Sandbox => catch_panic(self.to_handler(request), show_panic).await,
        };
        log_access(method, route.unwrap_or("(none)"), response.status(), begun);
        response
    }

    async fn to_orders(&self, request: Request) -> Response {
        if request.method() == Method::OPTIONS {
            return cors::preflight();
        }
        let mut response = catch_panic(self.admitted(request), show_panic).await;
        cors::allow(response.headers_mut());
        response
    }

    async fn to_bulk(&self, mut request: Request, route: Option<&'static str>) -> Response {
        if let Err(refusal) = admit(&self.door, &mut request).await {
            return Refused::from(refusal).into_response();
        }
        if route.is_none() {
            return refuse_bulk_path().into_response();
        }
        self.to_fresh(request).await
    }

    async fn to_admin(&self, mut request: Request, route: Option<&'static str>) -> Response {
        if let Err(refusal) = admit_stranger(&self.door, &request) {
            return Refused::from(refusal).into_response();
        }
        // Whoever has a key knows what he may do with it; whoever has none may know too.
        if route != Some(ADMIN_DOCUMENT)
            && let Err(refused) = identify_operator(&self.door.engine, &mut request).await
        {
            return refused.into_response();
        }
        if route.is_none() {
            return refuse_bulk_path().into_response();
        }
        self.to_fresh(request).await
    }

    async fn admitted(&self, mut request: Request) -> Response {
        match admit(&self.door, &mut request).await {
            Err(refusal) => refusal.into_response(),
            Ok(()) => self.to_fresh(request).await,
        }
    }

    /// To a handler whose answer is not to be kept.
    async fn to_fresh(&self, request: Request) -> Response {
        let mut response = self.to_handler(request).await;
        // Balances and states are of the moment, and some answers hold secrets.
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    async fn to_ops(&self, request: Request) -> Response {
        match admit_stranger(&self.door, &request) {
            Err(refusal) => refusal.into_response(),
            Ok(()) => self.to_handler(request).await,
        }
    }

    async fn to_handler(&self, request: Request) -> Response {
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

fn fold_path(request: &mut Request) {
    let path = request.uri().path();
    let one = path.strip_prefix('/').map(|path| path.strip_suffix('/').unwrap_or(path));
    let Some(one) = one.filter(|one| !one.contains('/')) else { return };
    if one.len() + 1 == path.len() && !one.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return;
    }
    let folded = format!("/{}", one.to_ascii_lowercase());
    let whole = match request.uri().query() {
        Some(query) => format!("{folded}?{query}"),
        None => folded,
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(whole).ok();
    if let Ok(uri) = parts.try_into() {
        *request.uri_mut() = uri;
    }
}
