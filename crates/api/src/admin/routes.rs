//! The admin door and its routes.

use axum::routing::{delete, get, post, put};
use http::{Admission, Caching, Cors, Door, DoorRules, error_and_code};

use super::*;
use crate::settings::DoorState;

pub(crate) fn admin_door() -> Door<DoorState> {
    Door::new(DoorRules {
        name: "admin",
        roots: &["/admin/v1"],
        envelope: error_and_code,
        // The document is public: it holds no secret, and says how to get in.
        admission: Admission::Operator { public: "/admin/v1/openapi.json" },
        cors: Cors::SameOrigin,
        caching: Caching::NoStore,
    })
    .route("/admin/v1/openapi.json", get(show_admin_openapi))
    .route("/admin/v1/accounts", get(list_accounts).post(add_account))
    .route("/admin/v1/accounts/{account}", get(show_account))
    .route("/admin/v1/accounts/{account}/settings", put(set_account_settings))
    .route("/admin/v1/accounts/{account}/profile", get(show_profile).put(set_account_profile))
    .route("/admin/v1/accounts/{account}/password", put(set_account_password))
    .route("/admin/v1/accounts/{account}/credit", post(give_credit))
    .route("/admin/v1/accounts/{account}/debit", post(take_credit))
    .route("/admin/v1/accounts/{account}/disable", post(disable_account))
    .route("/admin/v1/accounts/{account}/enable", post(enable_account))
    .route("/admin/v1/keys", get(list_keys).post(add_key))
    .route("/admin/v1/keys/{id}/revoke", post(revoke_key))
    .route("/admin/v1/senders", get(list_all_senders).post(request_sender))
    .route("/admin/v1/senders/{id}/approve", post(approve_sender))
    .route("/admin/v1/senders/{id}/reject", post(reject_sender))
    .route("/admin/v1/senders/{id}/withdraw", post(withdraw_sender))
    .route("/admin/v1/senders/{id}/share", post(share_sender))
    .route("/admin/v1/accounts/{account}/templates", get(list_templates).post(add_template))
    .route(
        "/admin/v1/accounts/{account}/templates/{id}",
        get(show_template).put(change_template).delete(remove_template),
    )
    .route("/admin/v1/accounts/{account}/groups", get(list_groups).post(add_group))
    .route(
        "/admin/v1/accounts/{account}/groups/{id}",
        get(show_group).put(rename_group).delete(remove_group),
    )
    .route(
        "/admin/v1/accounts/{account}/groups/{id}/contacts",
        get(list_contacts).post(add_contacts).put(replace_contacts),
    )
    .route("/admin/v1/accounts/{account}/groups/{id}/contacts/{number}", delete(remove_contact))
    .route("/admin/v1/accounts/{account}/messages", get(list_account_messages))
    .route("/admin/v1/accounts/{account}/messages/{uuid}", get(show_account_message))
    .route("/admin/v1/accounts/{account}/messages/{uuid}/recipients", get(list_message_recipients))
    .route(
        "/admin/v1/accounts/{account}/messages/{uuid}/refunds",
        get(list_message_refunds).post(refund_message),
    )
    .route("/admin/v1/messages", get(find_messages))
    .route("/admin/v1/recipients", get(find_recipients))
    .route("/admin/v1/trace", get(show_trace))
    .route("/admin/v1/orders/{order}", get(show_any_order))
    .route("/admin/v1/orders/{order}/refunds", get(list_order_refunds).post(refund_order))
    .route("/admin/v1/events", get(find_events))
    .route("/admin/v1/events/{id}", get(show_event))
    .route("/admin/v1/events/{id}/replay", post(replay_event))
    .route("/admin/v1/blocklist", get(list_blocks).post(block_numbers))
    .route("/admin/v1/blocklist/remove", post(unblock_numbers))
    .route("/admin/v1/unread-receipts", get(list_unread_receipts))
    .route("/admin/v1/success-rates", get(list_success_rates))
    .route("/admin/v1/numbers", get(list_numbers).post(add_number))
    .route("/admin/v1/numbers/{number}", get(show_number).put(set_number).delete(remove_number))
    .route("/admin/v1/numbers/{number}/enable", post(enable_number))
    .route("/admin/v1/numbers/{number}/disable", post(disable_number))
    .route("/admin/v1/keywords", get(list_keywords))
    .route("/admin/v1/keywords/{id}", put(set_keyword).delete(end_keyword))
    .route("/admin/v1/lightning", get(show_lightning))
    .route("/admin/v1/lightning/orphans", get(list_orphans))
    .route("/admin/v1/lightning/orphans/cancel", post(cancel_orphan))
    .route("/admin/v1/payouts", get(list_payouts))
    .route("/admin/v1/payouts/state", get(show_payouts))
    .route("/admin/v1/payouts/pause", post(pause_payouts))
    .route("/admin/v1/payouts/resume", post(resume_payouts))
    .route("/admin/v1/payouts/end", post(end_payout))
    .route("/admin/v1/referrers", get(list_referrers))
    .route("/admin/v1/referrers/retry", post(retry_referrer))
    .route("/admin/v1/prices", get(list_prices).put(set_prices))
    .route("/admin/v1/prices/remove", post(remove_price))
    .route("/admin/v1/routes", get(list_routes))
    .route("/admin/v1/quote", get(show_quote))
    .route("/admin/v1/operators", get(list_operators))
    .route("/admin/v1/audit", get(list_audit))
}
