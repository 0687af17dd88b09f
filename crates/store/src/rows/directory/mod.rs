//! What an account stores for its messages: templates and groups of contacts.

pub(crate) mod blocklist;
mod contacts;
mod groups;
pub(crate) mod membership;
pub(crate) mod people;
pub(crate) mod senders;
mod templates;
mod upload;

pub(crate) use self::contacts::{
    list as contacts, numbers as group_numbers, remove as remove_contact,
};
pub(crate) use self::groups::{
    add as add_group, find as group, list as groups, remove as remove_group, rename as rename_group,
};
pub(crate) use self::templates::{
    add as add_template, change as change_template, find as template, list as templates,
    remove as remove_template,
};
pub(crate) use self::upload::{
    abandon, add as add_contacts, begin, drop_lists, finish, merge as merge_contacts,
};

use domain::account::operator::{Action, Actor};
use domain::id::AccountId;
use domain::ports::PortError;
use domain::time::Timestamp;
use serde_json::Value as Json;

use super::account::audit::{self, NewAuditEntry};
use crate::tx::{Result, Tx};

fn name_taken() -> PortError {
    PortError::Conflict("the name is taken".to_owned())
}

/// Audits a change of an account's template or group, `id`.
async fn audit_change(
    tx: &mut impl Tx,
    account: AccountId,
    id: i64,
    action: Action,
    detail: Json,
    by: Actor,
    now: Timestamp,
) -> Result<()> {
    let on = id.to_string();
    audit::write(tx, NewAuditEntry { action, account: Some(account), on: &on, detail }, by, now)
        .await
}
