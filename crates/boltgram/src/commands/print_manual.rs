//! `boltgram man`.

use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;
use clap_mangen::{Man, generate_to};

use crate::cli::Cli;
use crate::output;

pub(super) fn print_manual(directory: Option<&Path>) -> anyhow::Result<()> {
    if let Some(directory) = directory {
        return generate_to(Cli::command(), directory)
            .with_context(|| format!("cannot write into {}", directory.display()));
    }
    let mut page = Vec::new();
    Man::new(Cli::command()).render(&mut page)?;
    output::line(String::from_utf8(page)?.trim_end())
}
