//! `boltgram check-config`: reports all mistakes of a file without starting anything.

use std::path::Path;

use crate::config::Config;
use crate::output;

pub(super) fn check_config(file: &Path) -> anyhow::Result<()> {
    let checked = Config::load(Some(file))?;
    checked.warnings.iter().try_for_each(|warning| output::line(&warning.to_string()))?;
    output::line(&format!("{} is sound", file.display()))
}
