//! All doors of a listener as one service. axum finds the route of a path; a path without one belongs
//! to the door whose root it is below.
//!
//! A path of one segment is the same in any case and with a slash at its end, because clients of the
//! orders door disagree about both; routes have it in lower case.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::response::Response;
use axum::routing::MethodRouter;
use axum::routing::future::RouteFuture;
use tower::{Service, service_fn};

use crate::admission::{Gate, Seat};
use crate::door::{Door, OpenDoor};
use crate::envelope::Refusal;

/// Serve it with [`crate::serve`], which adds the peer's address to each request. All clones answer
/// alike.
#[derive(Debug, Clone)]
pub struct Doors(Arc<RwLock<Present>>);

#[derive(Debug, Clone)]
struct Present {
    router: Router,
    gate: Arc<Gate>,
    /// For paths of requests that reach no route.
    forms: Arc<Forms>,
}

#[derive(Debug)]
struct Forms {
    elsewhere: Arc<OpenDoor>,
    doors: Vec<Arc<OpenDoor>>,
}

impl Forms {
    fn door_of(&self, path: &str) -> &Arc<OpenDoor> {
        door_of(path, &self.doors).unwrap_or(&self.elsewhere)
    }
}

impl Doors {
    /// Paths that are below no door's root belong to `elsewhere`.
    pub fn open(gate: Gate, elsewhere: Door, others: impl IntoIterator<Item = Door>) -> Self {
        let gate = Arc::new(gate);
        let (mut router, elsewhere) = add(Router::new(), elsewhere, &gate);
        let mut doors = Vec::new();
        for other in others {
            let door;
            (router, door) = add(router, other, &gate);
            doors.push(door);
        }
        let forms = Arc::new(Forms { elsewhere, doors });
        let others = forms.clone();
        let router = router.fallback_service(service_fn(move |request: Request| {
            let door = others.door_of(request.uri().path()).clone();
            async move { Ok::<_, Infallible>(door.answer(request, None).await) }
        }));
        Self(Arc::new(RwLock::new(Present { router, gate, forms })))
    }

    /// The place of a connection; `places` are all that the listener has.
    pub(crate) fn seat(&self, peer: IpAddr, places: usize) -> Seat {
        self.present().gate.seat(peer, places)
    }

    /// Answers from now on as `other` does, also on open connections; `other` counts anew. Requests under
    /// way end as they began.
    pub fn replace(&self, other: &Self) {
        let present = other.present();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = present;
    }

    fn present(&self) -> Present {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The answer to a request that could not be read, in the form of the door of its path.
    pub(crate) fn refuse(&self, path: &str, refusal: &Refusal) -> Response {
        self.present().forms.door_of(path).refuse(path, refusal)
    }
}

fn add(mut router: Router, door: Door, gate: &Arc<Gate>) -> (Router, Arc<OpenDoor>) {
    let open = Arc::new(OpenDoor { rules: door.rules, gate: gate.clone() });
    for (path, methods) in door.routes {
        let route: Arc<(Arc<OpenDoor>, MethodRouter)> = Arc::new((open.clone(), methods));
        let answer = move |request: Request| {
            let route = route.clone();
            async move { Ok::<_, Infallible>(route.0.answer(request, Some(&route.1)).await) }
        };
        router = router.route_service(path, service_fn(answer));
    }
    (router, open)
}

fn door_of<'a>(path: &str, doors: &'a [Arc<OpenDoor>]) -> Option<&'a Arc<OpenDoor>> {
    let found = doors.iter().filter_map(|door| Some((root_above(path, door.rules.roots)?, door)));
    found.max_by_key(|(root, _)| *root).map(|(_, door)| door)
}

/// The length of the longest root that `path` is below.
fn root_above(path: &str, roots: &[&str]) -> Option<usize> {
    let is_above = |root: &&&str| {
        path.strip_prefix(**root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    roots.iter().filter(is_above).map(|root| root.len()).max()
}

impl Service<Request> for Doors {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        fold_path(&mut request);
        self.present().router.call(request)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_its_longest_root_by_whole_segments() {
        let roots = ["/api", "/api/v2", "/sms/api.json"];
        for (path, root) in [
            ("/api", Some("/api")),
            ("/api/", Some("/api")),
            ("/api/v2", Some("/api/v2")),
            ("/api/v2/", Some("/api/v2")),
            ("/api/v2/sms/7/y", Some("/api/v2")),
            ("/api/v22", Some("/api")),
            ("/apis", None),
            ("/sms/api.json", Some("/sms/api.json")),
            ("/sms", None),
            ("/", None),
            ("*", None),
        ] {
            assert_eq!(root_above(path, &roots), root.map(str::len), "{path}");
        }
    }
}
