//! Every route, on one page, and what stands before them.
//!
//! ```text
//! fold path ── log ─┬─ orders: CORS ── catch panics ── admit (key, rate) ── handler
//!                   ├─ ops: catch panics ── admit (rate) ── handler
//!                   └─ sandbox: catch panics ── handler
//! ```
//!
//! A path of one segment is the same in any case and with a slash at its end, because clients of
//! the orders door disagree about both; here it stands in lower case.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, Method};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use engine::Engine;
use tower::util::MapRequest;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};

use crate::guard::{admit, admit_stranger, log_access, show_panic};
use crate::refusal::{refuse_method, refuse_path};
use crate::settings::{Door, HttpSettings};
use crate::{ops, orders, sandbox};

/// Browsers may keep the answer to a preflight for a day.
const PREFLIGHT_AGE: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// All doors. Serve it with [`crate::serve`], which tells the peer's address.
pub fn router(engine: Arc<Engine>, settings: HttpSettings) -> Router {
    let door = Door::new(engine, settings);
    let all = orders_routes(&door)
        .merge(ops_routes(&door))
        .merge(sandbox_routes(&door.settings))
        .layer(from_fn(log_access))
        .with_state(door);
    Router::new().fallback_service(MapRequest::new(all, fold_path))
}

fn orders_routes(door: &Door) -> Router<Door> {
    Router::new()
        .route("/", get(orders::tell_alive))
        .route("/openapi.json", get(orders::show_openapi))
        .route("/price", get(orders::show_prices))
        .route("/getprice", get(orders::show_price))
        .route("/getcountries", get(orders::list_countries))
        .route("/getnumbersstatus", get(orders::list_numbers))
        .route("/getservices", get(orders::list_numbers))
        .route("/getrentalcountries", get(orders::list_numbers))
        .route("/createorder", post(orders::create_receive_order))
        .route("/createsendorder", post(orders::create_send_order))
        .route("/createemailsendorder", post(orders::create_email_order))
        .route("/orderstatus", get(orders::show_order))
        .route(
            "/cancelorder",
            get(orders::cancel_order).post(orders::cancel_posted_order).head(orders::refuse_look),
        )
        .route("/fund", post(orders::fund_account))
        .route("/balance", get(orders::show_balance))
        .route("/history", get(orders::list_history))
        .method_not_allowed_fallback(refuse_method)
        .fallback(refuse_path)
        .layer(from_fn_with_state(door.clone(), admit))
        .layer(CatchPanicLayer::custom(show_panic))
        .layer(cors())
}

/// Also what an admin listener serves, see [`crate::ops_router`]. How the house is and what it
/// counted is for the operator; that it is alive, for whoever balances load.
pub(crate) fn ops_routes(door: &Door) -> Router<Door> {
    let mut routes = Router::new().route("/healthz", get(ops::tell_alive));
    if door.settings.tells_operator {
        routes = routes
            .route("/readyz", get(ops::tell_readiness))
            .route("/metrics", get(ops::show_metrics));
    }
    routes
        .method_not_allowed_fallback(refuse_method)
        .layer(from_fn_with_state(door.clone(), admit_stranger))
        .layer(CatchPanicLayer::custom(show_panic))
}

fn sandbox_routes(settings: &HttpSettings) -> Router<Door> {
    if settings.sandbox.is_none() {
        return Router::new();
    }
    let mut routes = Router::new().route("/sandbox/pay", post(sandbox::pay));
    if settings.sandbox_carrier.is_some() {
        routes = routes.route("/sandbox/receive", post(sandbox::receive));
    }
    routes
        .method_not_allowed_fallback(refuse_method)
        .layer(CatchPanicLayer::custom(show_panic))
}

/// Wallets in browsers call from anywhere; no cookie is ever read, so any origin may.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([CONTENT_TYPE, HeaderName::from_static("x-api-key")])
        .expose_headers([RETRY_AFTER])
        .max_age(PREFLIGHT_AGE)
        .vary([])
}

fn fold_path(mut request: Request) -> Request {
    let path = request.uri().path();
    let one = path.strip_prefix('/').map(|path| path.strip_suffix('/').unwrap_or(path));
    let Some(one) = one.filter(|one| !one.contains('/')) else { return request };
    let folded = format!("/{}", one.to_ascii_lowercase());
    if folded == path {
        return request;
    }
    let whole = match request.uri().query() {
        Some(query) => format!("{folded}?{query}"),
        None => folded,
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(whole).ok();
    if let Ok(uri) = parts.try_into() {
        *request.uri_mut() = uri;
    }
    request
}
