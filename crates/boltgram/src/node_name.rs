//! The name under which this process leases work. On a database file it is constant. On a database server it is the host
//! name and a number stored in the data directory, so that a restarted process finds its own leases.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::config::Config;
use crate::open_store::make_data_directory;
use crate::system::os_random;

const ALONE: &str = "local";

pub(crate) fn node_name(config: &Config) -> anyhow::Result<String> {
    if config.store_url().file().is_some() {
        return Ok(ALONE.to_owned());
    }
    make_data_directory(&config.data)?;
    let path = config.data.join("node.id");
    let number = number(&path).with_context(|| format!("cannot use {}", path.display()))?;
    // Only for readability; the number alone is unique.
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Ok(format!("{}-{number}", machine.trim()))
}

/// Reads the number, or creates it at the first start.
fn number(path: &Path) -> anyhow::Result<String> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(mut file) => {
            let mut bytes = [0; 8];
            os_random().fill(&mut bytes);
            writeln!(file, "{:016x}", u64::from_be_bytes(bytes))?;
            file.sync_all()?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
    }
    let number = fs::read_to_string(path)?.trim().to_owned();
    let sound = number.len() == 16 && number.bytes().all(|digit| digit.is_ascii_hexdigit());
    ensure!(sound, "it contains no node number: remove it to create a new one");
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(data: &Path, url: &str) -> Config {
        let mut config = Config { data: data.to_owned(), ..Config::default() };
        config.store.url = Some(url.parse().unwrap());
        config
    }

    #[test]
    fn a_node_keeps_its_unique_name() {
        let home = tempfile::tempdir().unwrap();
        let name =
            |data: &str| node_name(&config(&home.path().join(data), "postgres://u@h/d")).unwrap();
        assert_eq!(name("here"), name("here"));
        assert_ne!(name("here"), name("there"));
        fs::write(home.path().join("here/node.id"), "").unwrap();
        let refused = node_name(&config(&home.path().join("here"), "postgres://u@h/d"));
        assert!(format!("{:#}", refused.unwrap_err()).contains("no node number"));
    }

    #[test]
    fn a_process_on_a_file_has_a_constant_name() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(node_name(&config(home.path(), "sqlite:a.db")).unwrap(), "local");
        assert!(!home.path().join("node.id").exists());
    }
}
