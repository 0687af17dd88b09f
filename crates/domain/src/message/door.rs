//! The door that a message came in by. It is shown; nothing is decided by it.

use crate::state::stored_as;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    Orders,
    Bulk,
    Query,
    Handler,
    /// It answers a message that came in, as HELP is answered.
    Inbound,
    /// A code of a login.
    Login,
}

stored_as!(Door {
    Orders = "orders",
    Bulk = "bulk",
    Query = "query",
    Handler = "handler",
    Inbound = "inbound",
    Login = "login",
});
