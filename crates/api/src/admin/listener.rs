//! What the admin listener serves, where there is one.

use std::sync::Arc;

use engine::Engine;

use crate::guard::Front;
use crate::router::{admin_routes, ops_routes};
use crate::settings::{Door, HttpSettings};

/// `/healthz`, `/readyz`, `/metrics` and the admin door. Nobody is limited there.
pub fn admin_router(engine: Arc<Engine>, settings: HttpSettings) -> Front {
    let settings = HttpSettings { address_rate: None, tells_operator: true, ..settings };
    let routes = ops_routes(&settings).and(admin_routes());
    routes.open(Door::new(engine, settings))
}
