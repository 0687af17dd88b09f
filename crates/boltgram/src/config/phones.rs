//! `[phones]`: where phones reach their door.

use serde::Deserialize;
use url::Url;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PhonesConfig {
    /// `None`: by the name that each phone called.
    pub url: Option<Url>,
    /// Of what a buyer pays for a number, for the account that owns its phone.
    pub owner_percent: u8,
}

impl PhonesConfig {
    pub(crate) const fn is_too_much(&self) -> bool {
        self.owner_percent > 100
    }

    /// Why phones cannot call it: they demand TLS, except on their own machine.
    pub(crate) fn unfit(&self) -> Option<&'static str> {
        let url = self.url.as_ref()?;
        let is_own = url.scheme() == "http" && url.host_str() == Some("127.0.0.1");
        (url.scheme() != "https" && !is_own).then_some("url begins with https://")
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::super::tests::mistakes;

    fn with(line: &str) -> String {
        format!("[phones]\n{line}\n")
    }

    #[test]
    fn an_owner_gets_at_most_all() {
        assert!(read(&with("owner_percent = 100")).is_ok());
        let found = mistakes(&with("owner_percent = 101"));
        assert!(found[0].starts_with("line 2: owner_percent must be 0 to 100"), "{found:?}");
    }

    #[test]
    fn phones_call_with_tls() {
        for url in ["https://gateway.example/api/mobile/v1", "http://127.0.0.1:8443/api/mobile/v1"]
        {
            assert!(read(&with(&format!("url = \"{url}\""))).is_ok(), "{url}");
        }
        let found = mistakes(&with("url = \"http://gateway.example/api/mobile/v1\""));
        let is_said = found[0].starts_with("line 2: url begins with https://");
        assert!(found.len() == 1 && is_said, "{found:?}");
    }
}
