//! Every route, on one page, and what stands before them.
//!
//! ```text
//! fold path ── log ─┬─ orders: CORS ── catch panics ── admit (key, rate) ── handler
//!                   ├─ bulk: catch panics ── admit (key, rate) ── handler
//!                   ├─ admin: catch panics ── admit (rate) ── operator's key ── handler
//!                   ├─ ops: catch panics ── admit (rate) ── handler
//!                   └─ sandbox: catch panics ── handler
//! ```
//!
//! What stands before the handlers is one function, `guard/front.rs`.
//!
//! A path of one segment is the same in any case and with a slash at its end, because clients of
//! the orders door disagree about both; here it stands in lower case.

use std::sync::Arc;

use axum::routing::{delete, get, post, put};
use engine::Engine;

use crate::guard::{Front, Guard, Routes};
use crate::settings::{Door, HttpSettings};
use crate::{admin, bulk, ops, orders, sandbox};

/// All doors.
pub fn router(engine: Arc<Engine>, settings: HttpSettings) -> Front {
    let door = Door::new(engine, settings);
    let routes = orders_routes()
        .and(bulk_routes())
        .and(ops_routes(&door.settings))
        .and(main_admin_routes(&door.settings))
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

/// Not where an admin listener serves them.
fn main_admin_routes(settings: &HttpSettings) -> Routes {
    if settings.tells_operator { admin_routes() } else { Routes::behind(Guard::Orders) }
}

pub(crate) fn admin_routes() -> Routes {
    Routes::behind(Guard::Admin)
        .all_below(admin::ROOT)
        .route("/admin/v1/openapi.json", get(admin::show_admin_openapi))
        .route("/admin/v1/accounts", get(admin::list_accounts).post(admin::add_account))
        .route("/admin/v1/accounts/{account}", get(admin::show_account))
        .route("/admin/v1/accounts/{account}/settings", put(admin::set_account_settings))
        .route("/admin/v1/accounts/{account}/credit", post(admin::give_credit))
        .route("/admin/v1/keys", get(admin::list_keys).post(admin::add_key))
        .route("/admin/v1/keys/{id}/revoke", post(admin::revoke_key))
        .route("/admin/v1/senders", get(admin::list_all_senders).post(admin::request_sender))
        .route("/admin/v1/senders/{id}/approve", post(admin::approve_sender))
        .route("/admin/v1/senders/{id}/reject", post(admin::reject_sender))
        .route("/admin/v1/senders/{id}/withdraw", post(admin::withdraw_sender))
        .route("/admin/v1/senders/{id}/share", post(admin::share_sender))
        .route(
            "/admin/v1/accounts/{account}/templates",
            get(admin::list_templates).post(admin::add_template),
        )
        .route(
            "/admin/v1/accounts/{account}/templates/{id}",
            get(admin::show_template).put(admin::change_template).delete(admin::remove_template),
        )
        .route(
            "/admin/v1/accounts/{account}/groups",
            get(admin::list_groups).post(admin::add_group),
        )
        .route(
            "/admin/v1/accounts/{account}/groups/{id}",
            get(admin::show_group).put(admin::rename_group).delete(admin::remove_group),
        )
        .route(
            "/admin/v1/accounts/{account}/groups/{id}/contacts",
            get(admin::list_contacts).post(admin::add_contacts).put(admin::replace_contacts),
        )
        .route(
            "/admin/v1/accounts/{account}/groups/{id}/contacts/{number}",
            delete(admin::remove_contact),
        )
        .route("/admin/v1/accounts/{account}/messages", get(admin::list_account_messages))
        .route("/admin/v1/accounts/{account}/messages/{uuid}", get(admin::show_account_message))
        .route(
            "/admin/v1/accounts/{account}/messages/{uuid}/recipients",
            get(admin::list_message_recipients),
        )
        .route(
            "/admin/v1/accounts/{account}/messages/{uuid}/refunds",
            get(admin::list_message_refunds).post(admin::refund_message),
        )
        .route("/admin/v1/messages", get(admin::find_messages))
        .route("/admin/v1/recipients", get(admin::find_recipients))
        .route("/admin/v1/orders/{order}", get(admin::show_any_order))
        .route(
            "/admin/v1/orders/{order}/refunds",
            get(admin::list_order_refunds).post(admin::refund_order),
        )
        .route("/admin/v1/blocklist", get(admin::list_blocks).post(admin::block_numbers))
        .route("/admin/v1/blocklist/remove", post(admin::unblock_numbers))
        .route("/admin/v1/prices", get(admin::list_prices).put(admin::set_prices))
        .route("/admin/v1/prices/remove", post(admin::remove_price))
        .route("/admin/v1/routes", get(admin::list_routes))
        .route("/admin/v1/quote", get(admin::show_quote))
        .route("/admin/v1/operators", get(admin::list_operators))
        .route("/admin/v1/audit", get(admin::list_audit))
}

/// Also what an admin listener serves, see [`crate::admin_router`]. How the house is and what it
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
