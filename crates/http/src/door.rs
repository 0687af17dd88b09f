//! A door as a value, and the way of a request through it.
//!
//! ```text
//! preflight? ── catch panics ── admit ── handler ── envelope ── no-store ── CORS ── access log
//! ```
//!
//! All of this is one function. Layers around routes would do the same, but each of them is cloned and
//! boxed for every request, which was a third of what a request cost. A request now takes two boxed
//! futures: this function's and the handler's.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH};
use axum::http::{HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use tokio::time::Instant;
use tower::Service;

use crate::access_log::{log_access, method_name};
use crate::admission::{Admission, Gate};
use crate::catch_panic::catch_panic;
use crate::cors::{self, Cors};
use crate::envelope::{Envelope, Refusal, bad_request, no_such_path, panicked, refuse_method};
use crate::serve::{BadHead, Crowded};

/// What holds for every request to a door, also to its paths that have no route.
#[derive(Debug, Clone, Copy)]
pub struct DoorRules {
    pub name: &'static str,
    /// Every path below one of these belongs to the door.
    pub roots: &'static [&'static str],
    /// The form of its errors.
    pub envelope: Envelope,
    pub admission: Admission,
    pub cors: Cors,
    pub caching: Caching,
}

/// What handlers' answers say to caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caching {
    /// Balances and states change at any moment, and some answers hold secrets.
    NoStore,
    Unspecified,
}

/// A door and its routes. `S` is the state that its handlers need.
#[derive(Debug)]
pub struct Door<S = ()> {
    pub(crate) rules: DoorRules,
    pub(crate) routes: Vec<(&'static str, MethodRouter<S>)>,
}

impl<S: Clone + Send + Sync + 'static> Door<S> {
    pub fn new(rules: DoorRules) -> Self {
        Self { rules, routes: Vec::new() }
    }

    /// The access log shows `path` as it is written here, never the value of a parameter.
    #[must_use]
    pub fn route(mut self, path: &'static str, methods: MethodRouter<S>) -> Self {
        self.routes.push((path, methods.fallback(refuse_method)));
        self
    }

    pub fn with_state(self, state: &S) -> Door {
        let ready =
            |(path, methods): (_, MethodRouter<S>)| (path, methods.with_state(state.clone()));
        Door { rules: self.rules, routes: self.routes.into_iter().map(ready).collect() }
    }
}

/// A door of a listener.
#[derive(Debug)]
pub(crate) struct OpenDoor {
    pub rules: DoorRules,
    pub gate: Arc<Gate>,
}

impl OpenDoor {
    /// `methods` are those of the path's route, if it has one.
    pub(crate) async fn answer(
        &self,
        request: Request,
        methods: Option<&MethodRouter>,
    ) -> Response {
        let begun = Instant::now();
        let method = method_name(request.method());
        let route = request.extensions().get::<MatchedPath>().cloned();
        let route = route.as_ref().map(MatchedPath::as_str);
        let path = route.map_or_else(|| Cow::Owned(request.uri().path().to_owned()), Cow::Borrowed);
        let any_origin = self.rules.cors == Cors::AnyOrigin;
        let response = if let Some(refusal) = self.refused_at_once(&request, route) {
            (self.rules.envelope)(&refusal, &path)
        } else if any_origin && request.method() == Method::OPTIONS {
            cors::preflight()
        } else {
            let answered = catch_panic(self.admit_and_handle(request, route, methods, &path)).await;
            let mut response =
                answered.unwrap_or_else(|_| (self.rules.envelope)(&panicked(), &path));
            if any_origin {
                cors::allow(response.headers_mut());
            }
            response
        };
        log_access(self.rules.name, method, route.unwrap_or("(none)"), response.status(), begun);
        response
    }

    /// What [`crate::serve`] found before the door was known.
    fn refused_at_once(&self, request: &Request, route: Option<&str>) -> Option<Refusal> {
        let extensions = request.extensions();
        if let Some(BadHead(reason)) = extensions.get() {
            return Some(bad_request(*reason).unread());
        }
        let Crowded(refusal) = extensions.get()?;
        (!self.rules.admission.spares(route)).then(|| refusal.clone().unread())
    }

    /// The answer to a request that was not read.
    pub(crate) fn refuse(&self, path: &str, refusal: &Refusal) -> Response {
        let begun = Instant::now();
        let mut response = (self.rules.envelope)(refusal, path);
        if self.rules.cors == Cors::AnyOrigin {
            cors::allow(response.headers_mut());
        }
        log_access(self.rules.name, "(unread)", "(none)", response.status(), begun);
        response
    }

    async fn admit_and_handle(
        &self,
        mut request: Request,
        route: Option<&str>,
        methods: Option<&MethodRouter>,
        path: &str,
    ) -> Response {
        let _slot = match self.gate.seat_forwarded(&request) {
            Ok(slot) => slot,
            Err(_) if self.rules.admission.spares(route) => None,
            Err(refusal) => return (self.rules.envelope)(&refusal, path),
        };
        let admitted = self.gate.admit(self.rules.admission, &mut request, route).await;
        if let Err(refusal) = admitted {
            return (self.rules.envelope)(&refusal, path);
        }
        let response = match methods {
            Some(methods) => match methods.clone().call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            None => no_such_path().into_response(),
        };
        let mut response = self.in_envelope(response, path);
        if self.rules.caching == Caching::NoStore {
            // Unless the handler knows that its answer stays.
            let no_store = HeaderValue::from_static("no-store");
            response.headers_mut().entry(CACHE_CONTROL).or_insert(no_store);
        }
        response
    }

    /// Writes a refusal that a handler returned in this door's form.
    fn in_envelope(&self, mut response: Response, path: &str) -> Response {
        let Some(refusal) = response.extensions_mut().remove::<Refusal>() else { return response };
        let allow = response.headers_mut().remove(ALLOW);
        let mut response = (self.rules.envelope)(&refusal, path);
        let length = axum::body::HttpBody::size_hint(response.body()).exact();
        let headers = response.headers_mut();
        if let Some(allow) = allow {
            headers.insert(ALLOW, allow);
        }
        if let Some(length) = length {
            headers.insert(CONTENT_LENGTH, length.into());
        }
        response
    }
}
