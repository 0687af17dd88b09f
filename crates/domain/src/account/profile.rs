//! What an account says about itself: company, person, address, and the phone of its second factor.
//! Its settings, which decide something, are [`super::AccountSettings`].

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::PROFILE_FIELD_CHARS_MAX;
use crate::message::email::EmailAddress;
use crate::number::Msisdn;
use crate::time::Timestamp;

/// Not for logs. `None` is empty everywhere.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Profile {
    pub company_name: Option<String>,
    /// Number of the company in its country's register.
    pub company_id: Option<String>,
    /// Number for electronic invoices to public bodies.
    pub ean_number: Option<String>,
    pub full_name: Option<String>,
    pub street: Option<String>,
    pub zip_code: Option<String>,
    pub email: Option<String>,
    /// Its own number, which codes of the second factor are texted to.
    pub phone: Option<Msisdn>,
    /// A login by password needs a code as well.
    pub two_factor: bool,
}

/// The names of the fields of text, as they are stored and shown.
pub const PROFILE_TEXTS: [&str; 7] =
    ["companyName", "companyId", "eanNumber", "fullName", "street", "zipCode", "email"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadProfile {
    #[error(
        "must have at most {PROFILE_FIELD_CHARS_MAX} characters, none of them a control character"
    )]
    Text { field: &'static str },
    #[error("must be an e-mail address")]
    Email,
    #[error("needs a phone number, which its codes are texted to")]
    NoPhone,
}

impl Profile {
    /// The fields of text, in the order of [`PROFILE_TEXTS`].
    pub const fn texts(&self) -> [&Option<String>; 7] {
        [
            &self.company_name,
            &self.company_id,
            &self.ean_number,
            &self.full_name,
            &self.street,
            &self.zip_code,
            &self.email,
        ]
    }

    /// Without white space around texts; an empty text is none.
    ///
    /// # Errors
    ///
    /// [`BadProfile`].
    pub fn checked(self) -> Result<Self, BadProfile> {
        let tidy = |text: Option<String>| {
            text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let profile = Self {
            company_name: tidy(self.company_name),
            company_id: tidy(self.company_id),
            ean_number: tidy(self.ean_number),
            full_name: tidy(self.full_name),
            street: tidy(self.street),
            zip_code: tidy(self.zip_code),
            email: tidy(self.email),
            phone: self.phone,
            two_factor: self.two_factor,
        };
        for (field, text) in PROFILE_TEXTS.into_iter().zip(profile.texts()) {
            let Some(text) = text else { continue };
            let is_long = text.chars().count() > PROFILE_FIELD_CHARS_MAX;
            if is_long || text.chars().any(char::is_control) {
                return Err(BadProfile::Text { field });
            }
        }
        if profile.email.as_ref().is_some_and(|email| email.parse::<EmailAddress>().is_err()) {
            return Err(BadProfile::Email);
        }
        if profile.two_factor && profile.phone.is_none() {
            return Err(BadProfile::NoPhone);
        }
        Ok(profile)
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile(…)")
    }
}

/// The last login by password that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastLogin {
    pub at: Timestamp,
    /// Address of the caller, as text.
    pub from: String,
}

/// A profile with what is known about logins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountProfile {
    pub profile: Profile,
    pub has_password: bool,
    pub last_login: Option<LastLogin>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Profile {
        Profile { company_name: Some(name.to_owned()), ..Profile::default() }
    }

    #[test]
    fn texts_are_tidied_and_bounded() {
        assert_eq!(named(" Acme ").checked().unwrap().company_name.as_deref(), Some("Acme"));
        assert_eq!(named("  ").checked(), Ok(Profile::default()));
        let field = "companyName";
        for bad in ["a\nb".to_owned(), "x".repeat(PROFILE_FIELD_CHARS_MAX + 1)] {
            assert_eq!(named(&bad).checked(), Err(BadProfile::Text { field }));
        }
        let email = Some("nobody".to_owned());
        let profile = Profile { email, ..Profile::default() };
        assert_eq!(profile.checked(), Err(BadProfile::Email));
    }

    #[test]
    fn a_second_factor_needs_a_phone() {
        let phone = Some(Msisdn::from_digits(4_520_123_456).unwrap());
        let profile = Profile { two_factor: true, ..Profile::default() };
        assert_eq!(profile.clone().checked(), Err(BadProfile::NoPhone));
        assert!(Profile { phone, ..profile }.checked().is_ok());
    }

    #[test]
    fn a_profile_tells_logs_nothing() {
        let shown = format!("{:?}", named("Acme"));
        assert!(!shown.contains("Acme"), "{shown}");
    }
}
