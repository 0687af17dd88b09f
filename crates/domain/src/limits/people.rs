//! Limits of an account's address book.

/// People in the address book of an account: a sign-up form of a city. Larger lists are files of contacts.
pub const PEOPLE_PER_ACCOUNT_MAX: u32 = 100_000;

/// Contacts on one page of a list. The groups of each are found by a look-up per group of the account, so that the largest
/// directory takes some seconds of one read connection.
pub const CONTACTS_PAGE_MAX: u32 = 500;

/// Groups on one page of a list with contacts, and their contacts on it all together.
pub const GROUPS_PAGE_MAX: u32 = 200;
pub const GROUPS_PAGE_CONTACTS_MAX: u32 = CONTACTS_PAGE_MAX;

/// Texts of a campaign that differ by recipient, all together: two million of one part each. They are in memory until the
/// campaign is stored.
pub const MERGED_TEXTS_OCTETS_MAX: usize = 256 * 1_024 * 1_024;

/// Campaigns that are filled in at once.
pub const MERGES_MAX: usize = 2;
