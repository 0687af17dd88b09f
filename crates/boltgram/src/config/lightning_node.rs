//! `[lightning.node]`: the Lightning node that `serve` runs with `backend = "ldk"`.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::period::read_period;

/// How often the node may compare itself with its chain source.
const SYNC_MIN: Duration = Duration::from_secs(1);
const SYNC_MAX: Duration = Duration::from_secs(60);

/// BOLT 7 `node_announcement`: 32 bytes.
const ALIAS_BYTES_MAX: usize = 32;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChainNetwork {
    #[default]
    Bitcoin,
    Testnet,
    Signet,
    Regtest,
}

impl ChainNetwork {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Bitcoin => "bitcoin",
            Self::Testnet => "testnet",
            Self::Signet => "signet",
            Self::Regtest => "regtest",
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LightningNodeConfig {
    /// A name is searched beside this program, then in `PATH`.
    pub program: PathBuf,
    /// Default: `lightning-node` in the data directory.
    pub data: Option<PathBuf>,
    pub network: ChainNetwork,
    /// Where it answers this program; loopback only.
    pub rest: SocketAddr,
    /// Where other nodes reach it.
    pub listen: Vec<SocketAddr>,
    pub alias: String,
    /// Exactly one of the following three.
    pub esplora: Option<Url>,
    pub electrum: Option<Url>,
    pub bitcoind: Option<Url>,
    pub bitcoind_user: Option<String>,
    pub bitcoind_password_file: Option<PathBuf>,
    pub bitcoind_cookie_file: Option<PathBuf>,
    /// Source of rapid gossip sync; `None`: gossip comes from peers.
    pub rgs: Option<Url>,
    #[serde(deserialize_with = "read_period")]
    pub sync: Duration,
}

impl Default for LightningNodeConfig {
    fn default() -> Self {
        Self {
            program: PathBuf::from("boltgram-node"),
            data: None,
            network: ChainNetwork::default(),
            rest: SocketAddr::from((Ipv4Addr::LOCALHOST, 8089)),
            listen: vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, 9735))],
            alias: "boltgram".to_owned(),
            esplora: None,
            electrum: None,
            bitcoind: None,
            bitcoind_user: None,
            bitcoind_password_file: None,
            bitcoind_cookie_file: None,
            rgs: None,
            sync: Duration::from_secs(30),
        }
    }
}

impl LightningNodeConfig {
    /// What is wrong with the section, each with its key.
    pub(super) fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        self.check_addresses(&mut found);
        self.check_source(&mut found);
        self.check_bitcoind(&mut found);
        for (key, url, schemes) in self.urls() {
            if let Some(why) = unfit(key, url, schemes) {
                found.push((key, why));
            }
        }
        if !(1..=ALIAS_BYTES_MAX).contains(&self.alias.len())
            || self.alias.contains(char::is_control)
        {
            found.push(("alias", "alias must have 1 to 32 bytes, on one line".to_owned()));
        }
        if !(SYNC_MIN..=SYNC_MAX).contains(&self.sync) {
            found.push(("sync", "sync must be from \"1s\" to \"1m\"".to_owned()));
        }
        for (key, path) in [("program", Some(&self.program)), ("data", self.data.as_ref())] {
            if path.is_some_and(|path| path.as_os_str().is_empty()) {
                found.push((key, format!("{key} must not be empty")));
            }
        }
        found
    }

    fn check_addresses(&self, found: &mut Vec<(&'static str, String)>) {
        if !self.rest.ip().is_loopback() {
            let text = format!(
                "rest = {}: the address must be of this machine alone, such as 127.0.0.1:8089",
                self.rest
            );
            found.push(("rest", text));
        }
        if self.rest.port() == 0 {
            found.push(("rest", "rest needs a port".to_owned()));
        }
        if self.listen.iter().any(|address| address.port() == 0 || *address == self.rest) {
            found.push((
                "listen",
                "each address of listen needs a port, other than rest".to_owned(),
            ));
        }
    }

    fn check_source(&self, found: &mut Vec<(&'static str, String)>) {
        let named = [
            ("esplora", &self.esplora),
            ("electrum", &self.electrum),
            ("bitcoind", &self.bitcoind),
        ];
        let named: Vec<_> = named.iter().filter(|(_, url)| url.is_some()).collect();
        match named[..] {
            [_] => {}
            [] => {
                let text = "the node needs a chain source: esplora, electrum or bitcoind";
                found.push(("esplora", text.to_owned()));
            }
            [.., (key, _)] => {
                found
                    .push((key, "one chain source only: esplora, electrum or bitcoind".to_owned()));
            }
        }
    }

    fn check_bitcoind(&self, found: &mut Vec<(&'static str, String)>) {
        let (user, password, cookie) = (
            self.bitcoind_user.as_ref(),
            self.bitcoind_password_file.as_deref(),
            self.bitcoind_cookie_file.as_deref(),
        );
        let keys = [
            ("bitcoind_user", user.is_some()),
            ("bitcoind_password_file", password.is_some()),
            ("bitcoind_cookie_file", cookie.is_some()),
        ];
        if self.bitcoind.is_none() {
            let given = keys.into_iter().filter(|(_, given)| *given);
            found.extend(given.map(|(key, _)| (key, format!("{key} needs bitcoind"))));
            return;
        }
        if !matches!((user, password, cookie), (Some(_), Some(_), None) | (None, None, Some(_))) {
            let text =
                "bitcoind needs bitcoind_user and bitcoind_password_file, or bitcoind_cookie_file";
            found.push(("bitcoind", text.to_owned()));
        }
        if let Some(path) = password
            && let Some(why) = exposed(path, 0o077)
        {
            found.push((
                "bitcoind_password_file",
                why.unwrap_or_else(|error| {
                    format!("bitcoind_password_file: cannot read {}: {error}", path.display())
                }),
            ));
        }
        // bitcoind makes it at each start, and may let its group read it.
        if let Some(path) = cookie
            && let Some(Ok(why)) = exposed(path, 0o007)
        {
            found.push(("bitcoind_cookie_file", why));
        }
    }

    fn urls(&self) -> impl Iterator<Item = (&'static str, &Url, &'static [&'static str])> {
        let web: &[&str] = &["https", "http"];
        let all = [
            ("esplora", &self.esplora, web),
            ("electrum", &self.electrum, &["ssl", "tcp"]),
            ("bitcoind", &self.bitcoind, &["http"]),
            ("rgs", &self.rgs, web),
        ];
        all.into_iter().filter_map(|(key, url, schemes)| Some((key, url.as_ref()?, schemes)))
    }
}

/// Every user of the machine can read the command line of the node, where its URLs are.
fn unfit(key: &str, url: &Url, schemes: &[&str]) -> Option<String> {
    if !schemes.contains(&url.scheme()) || url.host_str().is_none_or(str::is_empty) {
        return Some(format!("{key} must begin with {}://", schemes.join(":// or ")));
    }
    // A website has a usual one.
    if !schemes.contains(&"https") && url.port().is_none() {
        return Some(format!("{key} needs a port"));
    }
    let has_login = !url.username().is_empty() || url.password().is_some();
    has_login.then(|| format!("{key} must not contain a user or password: others could read them"))
}

/// Why others can use a secret file, or why it cannot be read; `None`: it is fit.
fn exposed(path: &Path, others: u32) -> Option<Result<String, std::io::Error>> {
    let mode = match fs::metadata(path) {
        Ok(found) => found.permissions().mode() & 0o777,
        Err(error) => return Some(Err(error)),
    };
    (mode & others != 0).then(|| {
        let path = path.display();
        Ok(format!("{path} has mode {mode:03o}, so that other users can access it: chmod 600 it"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::super::tests::mistakes;

    const CARRIER: &str = "[[carriers]]\nname = \"main\"\nkind = \"sandbox\"\n";

    /// Without warnings.
    fn errors(text: &str) -> Vec<String> {
        mistakes(text).into_iter().filter(|told| !told.contains("warning: ")).collect()
    }

    /// Lines of the section begin at line 4.
    fn with(lines: &str) -> String {
        format!("[lightning]\nbackend = \"ldk\"\n[lightning.node]\n{lines}\n{CARRIER}")
    }

    fn file(home: &tempfile::TempDir, name: &str, mode: u32) -> String {
        use std::os::unix::fs::PermissionsExt;
        let path = home.path().join(name);
        std::fs::write(&path, "secret").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    }

    #[test]
    fn a_node_needs_its_chain_source_and_nothing_else() {
        let config = read(&with("esplora = \"https://esplora.example/api\"")).unwrap().config;
        let node = config.lightning_node().unwrap();
        assert_eq!(node.rest.to_string(), "127.0.0.1:8089");
        assert_eq!(config.lightning_node_data(), config.data.join("lightning-node"));
        for (lines, told) in [
            ("", "line 3: the node needs a chain source"),
            (
                "esplora = \"https://e.example\"\nelectrum = \"ssl://e.example:50002\"",
                "line 5: one chain source only",
            ),
            ("electrum = \"ssl://e.example\"", "line 4: electrum needs a port"),
            (
                "electrum = \"https://e.example\"",
                "line 4: electrum must begin with ssl:// or tcp://",
            ),
            ("esplora = \"https://u:p@e.example\"", "line 4: esplora must not contain a user"),
            ("bitcoind = \"http://127.0.0.1:8332\"", "line 4: bitcoind needs bitcoind_user"),
            (
                "esplora = \"https://e.example\"\nbitcoind_user = \"u\"",
                "line 5: bitcoind_user needs bitcoind",
            ),
        ] {
            let found = errors(&with(lines));
            assert!(found.len() == 1 && found[0].starts_with(told), "{lines}: {found:?}");
        }
    }

    #[test]
    fn addresses_and_words_have_bounds() {
        for (line, told) in [
            ("rest = \"0.0.0.0:8089\"", "rest = 0.0.0.0:8089: the address must be of this machine"),
            ("rest = \"192.0.2.1:8089\"", "rest = 192.0.2.1:8089: the address must be"),
            ("rest = \"127.0.0.1:0\"", "rest needs a port"),
            ("listen = [\"0.0.0.0:0\"]", "each address of listen needs a port"),
            ("rest = \"127.0.0.1:8080\"", "rest must differ from listen"),
            ("alias = \"\"", "alias must have 1 to 32 bytes"),
            ("sync = \"0s\"", "sync must be from"),
            ("sync = \"2m\"", "sync must be from"),
            ("program = \"\"", "program must not be empty"),
            ("data = \"boltgram-data\"", "data must be a directory of the node's own"),
            ("network = \"mainnet\"", "unknown variant"),
            ("colour = \"red\"", "unknown field `colour`"),
        ] {
            let found = errors(&with(&format!("{line}\nesplora = \"https://e.example\"")));
            let told = format!("line 4: {told}");
            assert!(found.len() == 1 && found[0].starts_with(&told), "{line}: {found:?}");
        }
    }

    #[test]
    fn a_login_of_bitcoind_is_readable_by_its_owner_only() {
        let home = tempfile::tempdir().unwrap();
        let source = "bitcoind = \"http://127.0.0.1:8332\"\n";
        let login = |path: &str| {
            with(&format!("{source}bitcoind_user = \"u\"\nbitcoind_password_file = {path:?}"))
        };
        assert!(read(&login(&file(&home, "private", 0o600))).is_ok());
        let found = errors(&login(&file(&home, "public", 0o640)));
        assert!(found[0].starts_with("line 6: ") && found[0].contains("has mode 640"), "{found:?}");
        let found = errors(&login("/nowhere/password"));
        assert!(found[0].starts_with("line 6: bitcoind_password_file: cannot read"), "{found:?}");

        let cookie = |path: &str| with(&format!("{source}bitcoind_cookie_file = {path:?}"));
        assert!(read(&cookie(&file(&home, "of-group", 0o640))).is_ok());
        assert!(read(&cookie("/not/made/yet/.cookie")).is_ok());
        let found = errors(&cookie(&file(&home, "of-all", 0o644)));
        assert!(found[0].starts_with("line 5: ") && found[0].contains("has mode 644"), "{found:?}");
    }

    #[test]
    fn the_section_and_its_backend_belong_together() {
        for (backend, told) in [
            ("backend = \"none\"", "line 3: [lightning.node] needs backend = \"ldk\""),
            ("", "line 3: [lightning.node] needs backend = \"ldk\""),
        ] {
            let text = format!("[lightning]\n{backend}\n[lightning.node]\n{CARRIER}");
            assert_eq!(errors(&text), [told], "{backend}");
        }
        let alone = format!("[lightning]\nbackend = \"ldk\"\n{CARRIER}");
        assert_eq!(errors(&alone), ["line 1: backend ldk needs a section [lightning.node]"]);
        let both = with("esplora = \"https://e.example\"")
            .replace("[lightning]\n", "[lightning]\nurl = \"https://127.0.0.1:8081\"\n");
        assert_eq!(errors(&both), ["line 2: url needs backend = \"lnd\""]);
    }

    /// Strangers would send for free.
    #[test]
    fn coins_of_a_test_network_buy_nothing_from_real_carriers() {
        let text = |network: &str, more: &str| {
            format!(
                "[lightning]\nbackend = \"ldk\"\n{more}[lightning.node]\nnetwork = \"{network}\"\n\
                 esplora = \"https://e.example\"\n{}",
                super::super::tests::SMPP
            )
        };
        assert!(read(&text("bitcoin", "")).is_ok());
        for network in ["testnet", "signet", "regtest"] {
            let found = errors(&text(network, ""));
            assert!(found[0].contains("for money that is not real"), "{found:?}");
            assert!(read(&text(network, "sandbox_beside_real_carriers = true\n")).is_ok());
        }
    }

    #[test]
    fn the_files_in_the_documents_are_sound() {
        let documents =
            [include_str!("../../../../docs/lightning.md"), include_str!("../../../../README.md")];
        let blocks = documents.iter().flat_map(|text| text.split("```toml\n").skip(1));
        let blocks = blocks.map(|block| block.split("```").next().unwrap());
        let ours: Vec<_> = blocks.filter(|block| block.contains("backend = \"ldk\"")).collect();
        assert_eq!(ours.len(), 2);
        for block in ours {
            read(&format!("{block}\n{CARRIER}")).unwrap();
        }
    }

    #[test]
    fn a_missing_program_is_a_warning() {
        let checked =
            read(&with("esplora = \"https://e.example\"\nprogram = \"/no/node\"")).unwrap();
        let warned = checked.warnings.iter().any(|w| w.text == "program: there is no /no/node");
        assert!(warned, "{:?}", checked.warnings);
    }
}
