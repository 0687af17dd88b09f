//! The program: reads the configuration, wires the crates together, and runs. It contains no business rules.

mod backup;
mod cli;
mod commands;
mod config;
mod open_store;
mod output;
mod prices;
mod reload;

mod carriers;
mod doors;
mod inbound;
mod lightning_node;
mod node_name;
mod serve_lock;
mod signals;
mod suppliers;
mod wallet;
mod wiring;

mod logging;
mod lookup;
mod system;

use std::io::{Write, stderr};
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use rustix::thread::disable_transparent_huge_pages;

/// Also replaces C's allocator for SQLite, which does half of the work.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    refuse_huge_pages();
    match commands::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed, the error cannot be reported.
            let _ = writeln!(stderr(), "boltgram: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Disables transparent huge pages (2 MiB), which mimalloc requests and some systems use by default: they take half as
/// much memory again and save no CPU time.
fn refuse_huge_pages() {
    // An error means that the kernel does not support them.
    let _ = disable_transparent_huge_pages(true);
}
