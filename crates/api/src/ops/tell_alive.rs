//! `GET /healthz`: the process answers. Nothing else is asked, so that a house whose node is away
//! is not restarted for it.

pub(crate) async fn tell_alive() -> &'static str {
    "alive\n"
}
