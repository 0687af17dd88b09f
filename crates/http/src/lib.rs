//! What every HTTP door shares. A door is a value: its name, roots, envelope, admission, CORS and
//! routes; [`Doors`] serves several of them on one listener. No route and no wire form of a door is
//! here.
//!
//! In reading order: the door and the way of a request through it; who is admitted; how a body is
//! read; what an error looks like; the loop that serves connections.

mod door;
mod doors;

mod admission;
mod body;
mod envelope;

mod access_log;
mod catch_panic;
mod cors;

mod serve;

pub use admission::{
    AddressLimits, Admission, By, Counter, Gate, Identity, Network, NetworkError, Origin, Rate,
    TooOften, key_text,
};
pub use body::{
    BodyLimits, FieldRules, Fields, FormPair, JsonObject, Pace, QueryPairs, Repeatable,
    announced_length, form_pairs, next_chunk, parse_json_object, read_body, without_bom,
};
pub use cors::Cors;
pub use door::{Caching, Door, DoorRules};
pub use doors::Doors;
pub use envelope::{
    Envelope, Refusal, Words, bad_request, below_pace, conflict, error_and_code, failed, forbidden,
    key_reused, lost_place, not_found, payment_required, refuse_method, status_and_reason,
    too_large, too_many_at_once, too_many_for_now, too_slow, unauthorized, unavailable,
    with_headers,
};
pub use serve::{Server, Stopping, serve};
