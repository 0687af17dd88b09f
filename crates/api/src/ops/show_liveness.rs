//! `GET /healthz`: the process answers. Nothing else is checked, so that a supervisor does not restart
//! it because the Lightning node is away.

pub(crate) async fn show_liveness() -> &'static str {
    "alive\n"
}
