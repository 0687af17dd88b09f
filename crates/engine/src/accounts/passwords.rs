//! Hashes passwords and texted codes with Argon2id (RFC 9106), outside the async threads.
//!
//! | parameter | value | reason |
//! |---|---|---|
//! | memory | 19 MiB | the second choice of OWASP's Password Storage Cheat Sheet: two at once fit a small machine |
//! | iterations | 2 | belongs to it: 20 to 30 ms of one core |
//! | lanes | 1 | several logins run beside each other instead |
//! | salt, hash | 16 and 32 bytes | RFC 9106 §4 |
//!
//! They are written in each hash (PHC string), so that a change applies to new passwords.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::limits::{
    PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PASSWORDS_HASHED_MAX, PASSWORDS_WAITING_MAX,
};
use domain::ports::{PortError, Random};
use domain::secret::Secret;
use tokio::sync::Semaphore;

use super::Accounts;
use crate::tasks::Tasks;

const MEMORY_KIB: u32 = 19 * 1_024;
const ITERATIONS: u32 = 2;
const LANES: u32 = 1;

/// A hash that no password has: what a login is compared with where there is no account or no password, so that it takes
/// as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    #[error("too many passwords are being checked; try again")]
    Busy,
    #[error("the password could not be hashed")]
    Failed,
}

#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("must have {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters")]
    Length,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("the password could not be stored")]
    Store(#[from] PortError),
}

impl Accounts {
    /// Sets the password of an account's logins.
    pub async fn set_password(
        &self,
        account: AccountId,
        password: Secret,
        by: Actor,
    ) -> Result<(), SetPasswordError> {
        let chars = password.expose().chars().count();
        if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars) {
            return Err(SetPasswordError::Length);
        }
        let hash = self.passwords.hash(password).await?;
        if self.store.set_password(account, hash, by, self.clock.now()).await? {
            Ok(())
        } else {
            Err(SetPasswordError::NoSuchAccount)
        }
    }
}

/// Hashes a few at a time.
pub(crate) struct Passwords {
    random: Arc<dyn Random>,
    tasks: Tasks,
    room: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords")
    }
}

/// Counts one that waits, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Passwords {
    pub(super) fn new(random: Arc<dyn Random>, tasks: Tasks) -> Self {
        let room = Arc::new(Semaphore::new(PASSWORDS_HASHED_MAX));
        Self { random, tasks, room, waiting: AtomicUsize::new(0) }
    }

    /// A PHC string with a new salt.
    pub(crate) async fn hash(&self, password: Secret) -> Result<Secret, HashError> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let hashed = self.run(move || {
            let hash = hasher()?.hash_password_with_salt(password.expose().as_bytes(), &salt);
            hash.map(|hash| Secret::new(hash.to_string())).ok()
        });
        hashed.await?.ok_or(HashError::Failed)
    }

    /// Whether the password has this hash. With `None` it takes as long, and is false.
    pub(crate) async fn verify(
        &self,
        password: Secret,
        hash: Option<Secret>,
    ) -> Result<bool, HashError> {
        if password.expose().chars().count() > PASSWORD_CHARS_MAX {
            return Ok(false);
        }
        self.run(move || {
            let compared = hash.as_ref().map_or(NOBODY, Secret::expose);
            let fits = hasher().is_some_and(|hasher| {
                hasher.verify_password(password.expose().as_bytes(), compared).is_ok()
            });
            fits && hash.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _counted = Waiting(&self.waiting);
        if waiting >= PASSWORDS_WAITING_MAX {
            return Err(HashError::Busy);
        }
        let place = self.room.clone().acquire_owned().await.map_err(|_| HashError::Failed)?;
        // A caller that goes away leaves its work running: the place is held until it ends.
        let done = self.tasks.spawn_blocking(move || {
            let result = work();
            drop(place);
            result
        });
        done.await.map_err(|_| HashError::Failed)
    }
}

fn hasher() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, ITERATIONS, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Sevens;
    impl Random for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn passwords() -> Passwords {
        Passwords::new(Arc::new(Sevens), Tasks::new())
    }

    #[tokio::test]
    async fn a_password_has_its_own_hash_alone() {
        let passwords = passwords();
        let hash = passwords.hash(Secret::new("hunter42")).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
        let fits = async |password: &str, hash: &Secret| {
            passwords.verify(Secret::new(password), Some(hash.clone())).await.unwrap()
        };
        assert!(fits("hunter42", &hash).await);
        assert!(!fits("hunter43", &hash).await);
        assert!(!fits("hunter42", &Secret::new("no hash")).await);
        assert!(!passwords.verify(Secret::new("hunter42"), None).await.unwrap());
    }

    /// Verifying it costs as much as verifying any.
    #[test]
    fn the_hash_of_nobody_has_the_parameters_of_all() {
        let hash = hasher().unwrap().hash_password_with_salt(b"x", &[7; 16]).unwrap().to_string();
        let form = |hash: &str| hash.rsplitn(3, '$').map(str::to_owned).collect::<Vec<_>>();
        let (some, nobody) = (form(&hash), form(NOBODY));
        assert_eq!(some[2], nobody[2]);
        assert_eq!((some[0].len(), some[1].len()), (nobody[0].len(), nobody[1].len()));
        let parsed = argon2::password_hash::phc::PasswordHash::new(NOBODY).unwrap();
        assert!(parsed.hash.is_some() && parsed.salt.is_some());
    }

    #[tokio::test]
    async fn more_than_may_wait_are_refused() {
        let passwords = passwords();
        let _all = passwords.room.acquire_many(2).await.unwrap();
        passwords.waiting.store(PASSWORDS_WAITING_MAX, Ordering::Relaxed);
        assert_eq!(passwords.hash(Secret::new("x")).await, Err(HashError::Busy));
        assert_eq!(passwords.waiting.load(Ordering::Relaxed), PASSWORDS_WAITING_MAX);
    }
}
