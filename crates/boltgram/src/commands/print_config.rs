//! `boltgram config`.

use crate::config::REFERENCE;
use crate::output;

pub(super) fn print_config() -> anyhow::Result<()> {
    output::line(REFERENCE.trim_end())
}
