//! The program `boltgram-node`.

use std::process::ExitCode;

use boltgram_node::cli::Cli;
use boltgram_node::commands;
use clap::Parser as _;
use tracing_subscriber::EnvFilter;

// LDK writes to disk on its tasks: more threads than processors.
#[tokio::main(worker_threads = 4)]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let default = "info,ldk=warn,hyper=warn,reqwest=warn";
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::warn!("a TLS provider was installed before");
    }
    // LDK stops a thread of its own when its store cannot be written, and the others would go on without it. What is on
    // disk is sound: another start goes on from there.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::exit(1);
    }));
    match commands::main(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
