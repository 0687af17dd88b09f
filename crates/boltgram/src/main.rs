//! The gateway's one program: it reads what the operator wants, wires the crates together, and runs.
//! No rule of the business is decided here.

mod cli;
mod commands;
mod config;
mod open;
mod output;

mod carriers;
mod doors;
mod inbound;
mod lock;
mod node;
mod signals;
mod wallet;
mod wiring;

mod logging;
mod system;

use std::io::{Write, stderr};
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// For SQLite as well, which is half of the work: it takes the place of C's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when this cannot be written either.
            let _ = writeln!(stderr(), "boltgram: {error:#}");
            ExitCode::FAILURE
        }
    }
}
