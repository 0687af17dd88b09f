//! What an account stores for its messages: templates and groups of contacts.

pub(crate) mod blocklist;
mod contacts;
mod groups;
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
pub(crate) use self::upload::{abandon, add as add_contacts, begin, drop_lists, finish};

use domain::ports::PortError;

fn name_taken() -> PortError {
    PortError::Conflict("the name is taken".to_owned())
}
