//! Logins by password, which make an API key; with a second factor where the account wants one.
//!
//! ```text
//! user, password, code? ── guessed too often? ── password right? ─┬─ no second factor ──────────── key
//!                           (guesses.rs)         (else: as if     ├─ no code: one is texted ────── wait for it
//!                                                 no user)        └─ code right, used once ─────── key
//! ```
//!
//! An answer does not say whether a user exists: a wrong name takes as long as a wrong password, and both are
//! counted and answered alike. A wrong code is answered alike, too.

mod codes;
mod guesses;

use std::sync::Arc;

use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::limits;
use domain::ports::{PortError, Store, StoredLogin};
use domain::secret::Secret;
use domain::time::Timestamp;

pub use codes::CODES_ACCOUNT;

use self::guesses::{Admission, Guesses};
use crate::accept::Accept;
use crate::accounts::{Accounts, AddKeyError, HashError, NewKeyText};

/// A login by password.
#[derive(Debug)]
pub struct LoginRequest {
    pub user: String,
    pub password: Secret,
    /// The texted code; `None` asks for one, where it is needed.
    pub code: Option<Secret>,
    /// What the key is for. Cut where it is too long.
    pub description: String,
    /// Address of the caller, as text: kept with the login.
    pub from: String,
    /// The caller's network, by which failures are counted.
    pub network: String,
}

#[derive(Debug)]
pub enum LoggedIn {
    Key(NewKeyText),
    /// A code was texted; the same request with it makes the key.
    CodeTexted,
}

#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Name, password or code.
    #[error("the user, the password or the code is wrong")]
    Wrong,
    #[error("too many logins failed, or too many codes were asked for; try again later")]
    TooMany,
    #[error("the account has too many keys")]
    TooManyKeys,
    #[error("the code could not be texted")]
    NotTexted,
    #[error("logins cannot be checked right now; try again")]
    Busy,
    #[error("logins cannot be checked right now")]
    Store(#[from] PortError),
}

impl From<HashError> for LoginError {
    fn from(_: HashError) -> Self {
        Self::Busy
    }
}

#[derive(Debug)]
pub struct Logins {
    accounts: Arc<Accounts>,
    accept: Arc<Accept>,
    guesses: Guesses,
}

impl Logins {
    pub(crate) fn new(accounts: Arc<Accounts>, accept: Arc<Accept>) -> Self {
        Self { accounts, accept, guesses: Guesses::default() }
    }

    fn store(&self) -> &Arc<dyn Store> {
        &self.accounts.store
    }

    fn now(&self) -> Timestamp {
        self.accounts.clock.now()
    }

    /// Makes a key with all scopes for whoever knows the password.
    pub async fn log_in(&self, request: LoginRequest) -> Result<LoggedIn, LoginError> {
        let (network, user) = (request.network.as_str(), request.user.as_str());
        match self.guesses.admit(network, user, self.now()) {
            Admission::Now => {}
            Admission::Slowed => {
                let slowed = self.guesses.slow(network).ok_or(LoginError::Busy)?;
                tokio::time::sleep(limits::LOGIN_SLOWED_BY).await;
                drop(slowed);
            }
            Admission::Refused => return Err(LoginError::TooMany),
        }
        self.guesses.begin(network, user, self.now());
        let checked = self.check(&request).await;
        match &checked {
            Ok(LoggedIn::Key(_)) => self.guesses.succeed(network, user, self.now()),
            Err(LoginError::Wrong) => {}
            Ok(LoggedIn::CodeTexted) | Err(_) => self.guesses.forget(network, user),
        }
        checked
    }

    async fn check(&self, request: &LoginRequest) -> Result<LoggedIn, LoginError> {
        let found = match request.user.parse() {
            Ok(name) => self.store().login(name).await?.filter(|login| !login.is_disabled),
            Err(_) => None,
        };
        let hash = found.as_ref().and_then(|login| login.password.clone());
        let is_right = self.accounts.passwords.verify(request.password.clone(), hash).await?;
        if !is_right && let Some(code) = &request.code {
            // A wrong password with a code takes as long as a wrong code.
            self.accounts.passwords.verify(code.clone(), None).await?;
        }
        let StoredLogin { account, second_factor, .. } =
            found.filter(|_| is_right).ok_or(LoginError::Wrong)?;
        match (second_factor, &request.code) {
            (None, _) => self.add_key(account, request).await,
            (Some(_), Some(code)) => {
                self.check_code(account, code).await?;
                self.add_key(account, request).await
            }
            (Some(phone), None) => {
                self.text_code(account, phone).await?;
                Ok(LoggedIn::CodeTexted)
            }
        }
    }

    /// A code is compared only when its attempt was counted, and is used by one request alone.
    async fn check_code(&self, account: AccountId, code: &Secret) -> Result<(), LoginError> {
        let hash = self.store().try_code(account, self.now()).await?;
        let is_right = self.accounts.passwords.verify(code.clone(), hash.clone()).await?;
        let hash = hash.filter(|_| is_right).ok_or(LoginError::Wrong)?;
        if self.store().use_code(account, hash).await? { Ok(()) } else { Err(LoginError::Wrong) }
    }

    async fn add_key(
        &self,
        account: AccountId,
        request: &LoginRequest,
    ) -> Result<LoggedIn, LoginError> {
        if self.store().key_count(account).await? >= limits::KEYS_BY_LOGIN_MAX {
            return Err(LoginError::TooManyKeys);
        }
        self.store().record_login(account, request.from.clone(), self.now()).await?;
        let description = tidy(&request.description);
        let by = Actor::Account(account);
        let key = self.accounts.add_described_key::<&str>(account, &[], None, description, by);
        let key = key.await.map_err(|error| match error {
            AddKeyError::Store(error) => LoginError::Store(error),
            // The account was removed meanwhile; nothing else is possible.
            _ => LoginError::Wrong,
        })?;
        Ok(LoggedIn::Key(key))
    }
}

/// Programs put anything there; it is only shown.
fn tidy(description: &str) -> Option<String> {
    let shown = description.chars().filter(|char| !char.is_control());
    let text: String = shown.take(limits::KEY_DESCRIPTION_CHARS_MAX).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
