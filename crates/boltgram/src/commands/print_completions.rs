//! `boltgram completions`.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::cli::Cli;
use crate::output;

pub(super) fn print_completions(shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "boltgram", &mut script);
    output::line(String::from_utf8(script)?.trim_end())
}
