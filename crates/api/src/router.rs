//! The doors of each listener, on one page. A door's routes are in its folder, in `routes.rs`.
//!
//! | door | root | admission | envelope |
//! |---|---|---|---|
//! | orders | `/`, every path of no other door | key or address; any origin | `{"status","reason"}` |
//! | bulk | `/api/v2` | key or address | `{"error","code"}` |
//! | query | `/api/4`, `/sms` … | key in the parameters, or address | `{"status","error"}`, always 200 |
//! | handler | `/stubs` | key in the parameters, or address | a word, always 200 |
//! | phones | `/api/mobile/v1` | the phone's token, or address | `{"message"}` |
//! | admin | `/admin/v1` | operator's key | `{"error","code"}` |
//! | ops | `/healthz`, `/readyz`, `/metrics` | address, apart from the others | `{"status","reason"}` |
//! | sandbox | `/sandbox/…` | open | `{"status","reason"}` |
//!
//! What a request meets before its handler is one function, in `crates/http/src/door.rs`.

use std::sync::Arc;

use engine::Engine;
use http::{AddressLimits, Doors, Gate};

use crate::admin::admin_door;
use crate::bulk::bulk_door;
use crate::handler::handler_door;
use crate::ops::ops_door;
use crate::orders::orders_door;
use crate::phones::phones_door;
use crate::query::query_door;
use crate::sandbox::sandbox_door;
use crate::settings::{DoorState, HttpSettings};

/// The main listener. With an admin listener, the operator's doors are there instead.
pub fn router(engine: Arc<Engine>, settings: HttpSettings) -> Doors {
    let gate = Gate::new(engine.clone(), settings.address_limits());
    let state = DoorState::new(engine, settings);
    let settings = &state.settings;
    let mut doors = vec![
        bulk_door(),
        query_door(),
        handler_door(),
        phones_door(),
        ops_door(settings.tells_operator),
        sandbox_door(settings),
    ];
    if settings.tells_operator {
        doors.push(admin_door());
    }
    let doors = doors.into_iter().map(|door| door.with_state(&state));
    Doors::open(gate, orders_door().with_state(&state), doors)
}

/// The admin listener: the ops door and the admin door. Addresses are not limited there.
pub fn admin_router(engine: Arc<Engine>, settings: HttpSettings) -> Doors {
    let limits = AddressLimits { rate: None, ..settings.address_limits() };
    let gate = Gate::new(engine.clone(), limits);
    let state = DoorState::new(engine, settings);
    Doors::open(gate, ops_door(true).with_state(&state), [admin_door().with_state(&state)])
}
