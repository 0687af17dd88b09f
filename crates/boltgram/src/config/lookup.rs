//! `[lookup]`: the provider that is asked about numbers.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use carriers::lookup::{HttpLookupOptions, LookupPointers};
use domain::secret::Secret;
use serde::Deserialize;

use super::period::read_period;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LookupConfig {
    /// `None`: the sandbox answers, beside real carriers nobody.
    pub url: Option<String>,
    /// File with the value of the header `Authorization`.
    pub authorization_file: Option<PathBuf>,
    #[serde(deserialize_with = "read_period")]
    pub timeout: Duration,
    /// How long answers are kept.
    #[serde(deserialize_with = "read_period")]
    pub keep: Duration,
    pub fields: LookupPointers,
}

impl Default for LookupConfig {
    fn default() -> Self {
        Self {
            url: None,
            authorization_file: None,
            timeout: Duration::from_secs(10),
            keep: Duration::from_secs(60 * 60),
            fields: LookupPointers::default(),
        }
    }
}

/// Reads the first line.
fn read_secret(path: &Path) -> anyhow::Result<Secret> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("authorization_file: cannot use {}", path.display()))?;
    Ok(Secret::new(text.lines().next().unwrap_or_default()))
}

impl LookupConfig {
    /// `None`: no URL.
    pub(crate) fn options(&self) -> anyhow::Result<Option<HttpLookupOptions>> {
        let Some(url) = &self.url else { return Ok(None) };
        let authorization = self.authorization_file.as_deref().map(read_secret).transpose()?;
        Ok(Some(HttpLookupOptions {
            url: url.clone(),
            authorization,
            timeout: self.timeout,
            pointers: self.fields.clone(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::mistakes;

    #[test]
    fn says_what_is_wrong_with_keywords_and_lookups() {
        for (text, told) in [
            (
                "[query]\nkeyword_days = 0\n",
                "line 2: keyword_days = 0: a period must be 1 to 366 days",
            ),
            ("[prices]\nkeyword = -1\n", "line 2: keyword = -1: it must be 0 to"),
            ("[prices]\nlookup = 100000001\n", "line 2: lookup = 100000001: it must be 0 to"),
            ("[lookup]\ntimeout = \"31s\"\n", "line 2: timeout must be from"),
            ("[lookup]\nkeep = \"169h\"\n", "line 2: keep must be at most"),
            ("[lookup]\nurl = \"https://hlr.example/\"\n", "line 2: cannot use the provider"),
            (
                "[lookup]\nurl = \"https://hlr.example/{msisdn}\"\nauthorization_file = \"/none\"\n",
                "line 3: authorization_file: cannot use /none",
            ),
            (
                "[[numbers]]\nnumber = \"1919\"\naccount = \"acme\"\ncan = [\"receive\", \"keywords\"]\n",
                "line 4: can: must not contain keywords",
            ),
        ] {
            let found = mistakes(text);
            assert!(found.len() == 1 && found[0].starts_with(told), "{text}: {found:?}");
        }
    }
}
