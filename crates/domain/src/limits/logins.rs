//! Limits of profiles, keys, passwords and logins.

use std::time::Duration;

/// Characters of a field of an account's profile, and of a key's description.
pub const PROFILE_FIELD_CHARS_MAX: usize = 200;
pub const KEY_DESCRIPTION_CHARS_MAX: usize = 100;

/// Bounds of a password: shorter ones are guessed (NIST SP 800-63B §3.1.1.2 for a password that a second factor may
/// join), longer ones only cost time.
pub const PASSWORD_CHARS_MIN: usize = 8;
pub const PASSWORD_CHARS_MAX: usize = 256;

/// Passwords and codes hashed at once: each takes 19 MiB and a core for some 20 ms.
pub const PASSWORDS_HASHED_MAX: usize = 2;

/// Logins that wait for a hash: a second of them. More are refused.
pub const PASSWORDS_WAITING_MAX: usize = 64;

/// Keys of an account that a login may add to: a program that logs in each time it starts, for a year.
pub const KEYS_BY_LOGIN_MAX: u32 = 1_000;

/// A code of the second factor: its life, the attempts to use it, and how many are texted to one account in an hour. With
/// the password, an attacker has 25 of 1,000,000 codes in an hour.
pub const LOGIN_CODE_AGE_MAX: Duration = Duration::from_secs(10 * 60);
pub const LOGIN_CODE_TRIES_MAX: u32 = 5;
pub const LOGIN_CODES_PER_HOUR_MAX: u32 = 5;

/// Period in which failed logins are counted.
pub const LOGINS_COUNTED_IN: Duration = Duration::from_secs(15 * 60);

/// Failed logins of one network as one user in that period: a person who tries every password of theirs.
pub const LOGINS_FAILED_PER_NETWORK_MAX: u32 = 10;

/// Of a network that logged in as this user within [`LOGIN_KNOWN_FOR`]: a program with an old password does not lock out
/// the office that it runs in.
pub const LOGINS_FAILED_PER_KNOWN_NETWORK_MAX: u32 = 100;
pub const LOGIN_KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Failed logins as one user, from all networks together, after which the next ones from networks that are not known are
/// slowed, and by how much. Nobody is refused for what others did.
pub const LOGINS_FAILED_BEFORE_SLOWING: u32 = 20;
pub const LOGIN_SLOWED_BY: Duration = Duration::from_secs(3);

/// Slowed logins at once, in total and of one network.
pub const LOGINS_SLOWED_MAX: usize = 512;
pub const LOGINS_SLOWED_PER_NETWORK_MAX: usize = 2;

/// Networks and users remembered, some 100 bytes each. Beyond it the oldest are forgotten.
pub const LOGINS_REMEMBERED_MAX: usize = 20_000;
