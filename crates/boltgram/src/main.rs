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
use rustix::thread::disable_transparent_huge_pages;

/// For SQLite as well, which is half of the work: it takes the place of C's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    refuse_huge_pages();
    match commands::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when this cannot be written either.
            let _ = writeln!(stderr(), "boltgram: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A huge page is 2 MiB of memory for whatever little of it is in use. mimalloc asks the system for
/// them, and some systems give them to everybody: half as much memory again, and no CPU time saved.
fn refuse_huge_pages() {
    // A kernel that knows none gives none.
    let _ = disable_transparent_huge_pages(true);
}
