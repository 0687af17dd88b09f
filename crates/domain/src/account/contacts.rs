//! Groups of numbers that an account keeps to send to.
//!
//! A group shows one list. An upload fills a list of its own, in many changes. Once it is complete, the
//! group shows that list, or its contacts are merged into the group's; messages sent meanwhile use the old
//! list. A list that no group shows is deleted later.

use std::collections::BTreeMap;
use std::fmt;

use crate::account::template::Label;
use crate::id::{AccountId, GroupId, ListId};
use crate::number::Msisdn;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactGroup {
    pub id: GroupId,
    pub account: AccountId,
    pub name: Label,
    /// Number of contacts in it.
    pub contacts: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A contact in a group. Not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    pub number: Msisdn,
    pub name: Option<String>,
    /// Other fields, by the heading of their column.
    pub fields: BTreeMap<String, String>,
}

impl Contact {
    pub const NAME_CHARS_MAX: usize = 100;
    pub const FIELDS_MAX: usize = 16;
    pub const FIELD_CHARS_MAX: usize = 200;
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contact({:?}, …)", self.number)
    }
}

/// What an upload does with the group's existing contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadMode {
    /// They stay; a repeated number gets the new name and fields.
    Add,
    Replace,
}

/// Contacts of an upload that were merged into the list of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Numbers that were new there.
    pub added: u32,
    /// The last number that was merged; `None` when all are.
    pub next: Option<Msisdn>,
}

/// An upload in progress: the list that it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload {
    pub account: AccountId,
    pub group: GroupId,
    pub list: ListId,
    pub mode: UploadMode,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_tells_logs_nothing() {
        let contact = Contact {
            number: Msisdn::from_digits(4_520_123_456).unwrap(),
            name: Some("Ida".to_owned()),
            fields: BTreeMap::from([("city".to_owned(), "Odense".to_owned())]),
        };
        let shown = format!("{contact:?}");
        assert!(!shown.contains("Ida") && !shown.contains("20123456"), "{shown}");
    }
}
