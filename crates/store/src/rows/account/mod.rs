//! Accounts and operators: keys, settings, prices, and the audit log.

mod accounts;
pub(crate) mod audit;
pub(crate) mod logins;
pub(crate) mod operators;
pub(crate) mod prices;
pub(crate) mod settings;
pub(crate) mod traffic;

pub(crate) use self::accounts::{
    SECRET, add, add_key, by_id, by_name, is_enabled, key, key_count, keys, list, lock, must_exist,
    ping, read, read_key, revoke_key, set_disabled,
};
