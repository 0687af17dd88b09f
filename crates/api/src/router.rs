//! Every route, on one page, and what stands before them.
//!
//! ```text
//! fold path ── log ─┬─ orders: CORS ── catch panics ── admit (key, rate) ── handler
//!                   ├─ bulk: catch panics ── admit (key, rate) ── handler
//!                   ├─ ops: catch panics ── admit (rate) ── handler
//!                   └─ sandbox: catch panics ── handler
//! ```
//!
//! What stands before the handlers is one function, `guard/front.rs`.
//!
//! A path of one segment is the same in any case and with a slash at its end, because clients of
//! the orders door disagree about both; here it stands in lower case.

use std::sync::Arc;

use axum::routing::{get, post};
use engine::Engine;

use crate::guard::{Front, Guard, Routes};
use crate::settings::{Door, HttpSettings};
use crate::{bulk, ops, orders, sandbox};

/// All doors.
pub fn router(engine: Arc<Engine>, settings: HttpSettings) -> Front {
    let door = Door::new(engine, settings);
    let routes = orders_routes()
        .and(bulk_routes())
        .and(ops_routes(&door.settings))
        .and(sandbox_routes(&door.settings));
    routes.open(door)
}

fn orders_routes() -> Routes {
    Routes::behind(Guard::Orders)
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
}

fn bulk_routes() -> Routes {
    Routes::behind(Guard::Bulk)
        .all_below(bulk::ROOT)
        .route("/api/v2/sms", get(bulk::list_messages))
        .route("/api/v2/sms/send", post(bulk::send_message))
        .route("/api/v2/sms/preview", post(bulk::preview_message))
        .route("/api/v2/sms/{uuid}", get(bulk::show_message))
        .route("/api/v2/sms/{uuid}/recipients", get(bulk::list_recipients))
        .route("/api/v2/sms/{uuid}/cancel", post(bulk::cancel_message))
        .route("/api/v2/sms/{uuid}/retry", post(bulk::retry_message))
        .route("/api/v2/sms/{uuid}/pause", post(bulk::pause_message))
        .route("/api/v2/sms/{uuid}/resume", post(bulk::resume_message))
        .route("/api/v2/credits", get(bulk::show_credits))
        .route("/api/v2/credit", get(bulk::show_credits))
        .route("/api/v2/credits/balance", get(bulk::show_credits))
        .route("/api/v2/balance", get(bulk::show_credits))
        .route("/api/v2/senders", get(bulk::list_senders))
}

/// Also what an admin listener serves, see [`crate::ops_router`]. How the house is and what it
/// counted is for the operator; that it is alive, for whoever balances load.
pub(crate) fn ops_routes(settings: &HttpSettings) -> Routes {
    let routes = Routes::behind(Guard::Ops).route("/healthz", get(ops::tell_alive));
    if !settings.tells_operator {
        return routes;
    }
    routes.route("/readyz", get(ops::tell_readiness)).route("/metrics", get(ops::show_metrics))
}

fn sandbox_routes(settings: &HttpSettings) -> Routes {
    let routes = Routes::behind(Guard::Sandbox);
    if settings.sandbox.is_none() {
        return routes;
    }
    let routes = routes.route("/sandbox/pay", post(sandbox::pay));
    if settings.sandbox_carrier.is_none() {
        return routes;
    }
    routes.route("/sandbox/receive", post(sandbox::receive))
}
