//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::gateway::{Kind, Store};

/// Measures Boltgram, and Kannel beside it.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Both gateways in turn between the same loader, simulator and sink
    Run(Run),
    /// One request for very many numbers, followed to its end, with codes in between
    Bulk(Bulk),
    /// A bulk message and single ones, by one node and by several on one PostgreSQL
    Nodes(Nodes),
    /// How much of window / round trip a gateway gets out of a carrier that is far away
    Sweep(Sweep),
    /// What this machine does without a gateway: disk, codec, SMPP, HTTP
    Bounds {
        /// Also write the figures as JSON
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// Only the SMSC simulator
    Smsc {
        #[arg(long, default_value = "127.0.0.1:2775")]
        listen: SocketAddr,
        #[command(flatten)]
        manner: MannerArgs,
    },
    /// Only the call-back sink
    Sink {
        #[arg(long, default_value = "127.0.0.1:9090")]
        listen: SocketAddr,
        /// Messages that can be told apart
        #[arg(long, default_value_t = 1_000_000)]
        messages: usize,
    },
    /// Only the HTTP loader
    Load(LoadArgs),
    /// Only the delaying proxy
    Proxy {
        #[arg(long, default_value = "127.0.0.1:2776")]
        listen: SocketAddr,
        #[arg(long, default_value = "127.0.0.1:2775")]
        to: SocketAddr,
        #[arg(long)]
        rtt_ms: u64,
    },
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct MannerArgs {
    /// From taking a message to its receipt
    #[arg(long, default_value_t = 10)]
    pub receipt_delay_ms: u64,
    /// Receipts in flight on each session
    #[arg(long, default_value_t = 1_000)]
    pub receipt_window: u32,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// HTTP connections, each with one request at a time
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// submit_sm in flight on each bind
    #[arg(long, default_value_t = 1_000)]
    pub window: u32,
    /// Boltgram's binds, over all its nodes; each needs one
    #[arg(long, default_value_t = 1)]
    pub binds: u32,
    #[command(flatten)]
    pub manner: MannerArgs,
    /// Where Kannel keeps awaited receipts: internal (memory) or sqlite3 (disk)
    #[arg(long, default_value = "internal", value_parser = ["internal", "sqlite3"])]
    pub kannel_dlr: String,
    /// Boltgram's binary
    #[arg(long, default_value = "../target/release/boltgram")]
    pub boltgram: PathBuf,
    /// Where Boltgram keeps its rows, one trial after another: sqlite, postgres (a server of the trial's own), or the
    /// URL of an empty database
    #[arg(long, value_delimiter = ',', default_value = "sqlite")]
    pub store: Vec<Store>,
    /// Boltgram's processes on one PostgreSQL
    #[arg(long, default_value_t = 1)]
    pub nodes: usize,
    /// Where the gateways keep their files: on the disk that is to be measured
    #[arg(long, default_value = "work")]
    pub dir: PathBuf,
    /// Also write the outcomes as JSON
    #[arg(long)]
    pub json: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Which, in this order; the ratios are to the first
    #[arg(long, value_enum, value_delimiter = ',', default_value = "kannel,boltgram")]
    pub gateways: Vec<Kind>,
    #[arg(long, default_value_t = 20_000)]
    pub kannel_messages: usize,
    #[arg(long, default_value_t = 100_000)]
    pub boltgram_messages: usize,
    /// Messages per second; 0 = as fast as answers come
    #[arg(long, default_value_t = 0.0)]
    pub rate: f64,
    /// So many seconds at --rate, instead of a number of messages; says whether memory stayed flat
    #[arg(long, requires = "rate")]
    pub steady: Option<u32>,
    /// Round trip to the simulator
    #[arg(long, default_value_t = 0)]
    pub rtt_ms: u64,
    /// Trials of each gateway; the fastest counts
    #[arg(long, default_value_t = 1)]
    pub trials: usize,
    /// Wait at most so long before each trial for other programs to be quiet
    #[arg(long, default_value_t = 0)]
    pub wait_quiet_s: u64,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct Bulk {
    #[arg(long, default_value_t = 2_000_000)]
    pub recipients: usize,
    /// Trials on each store; the fastest counts
    #[arg(long, default_value_t = 1)]
    pub trials: usize,
    /// Wait at most so long before each trial for other programs to be quiet
    #[arg(long, default_value_t = 0)]
    pub wait_quiet_s: u64,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct Nodes {
    /// How many nodes, in this order; the ratios are to the first. `--nodes` is left out
    #[arg(long, value_delimiter = ',', default_value = "1,2")]
    pub counts: Vec<usize>,
    /// Of the bulk message; 0 leaves it out
    #[arg(long, default_value_t = 1_000_000)]
    pub recipients: usize,
    /// Single messages; 0 leaves them out
    #[arg(long, default_value_t = 40_000)]
    pub messages: usize,
    /// Trials of each; the fastest counts
    #[arg(long, default_value_t = 1)]
    pub trials: usize,
    /// Wait at most so long before each trial for other programs to be quiet
    #[arg(long, default_value_t = 0)]
    pub wait_quiet_s: u64,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct Sweep {
    #[arg(long, value_enum, default_value = "boltgram")]
    pub gateway: Kind,
    #[arg(long, value_delimiter = ',', default_value = "10,50,100,200")]
    pub windows: Vec<u32>,
    #[arg(long, value_delimiter = ',', default_value = "0,20,40,100")]
    pub rtts_ms: Vec<u64>,
    /// What the gateway reaches at most, near
    #[arg(long, default_value_t = 10_000.0)]
    pub most_per_second: f64,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DoorKind {
    Orders,
    Kannel,
    Echo,
}

#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    #[arg(long, value_enum, default_value = "orders")]
    pub door: DoorKind,
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub to: SocketAddr,
    /// The sink
    #[arg(long, default_value = "127.0.0.1:9090")]
    pub callback: SocketAddr,
    /// X-API-Key
    #[arg(long, default_value = "")]
    pub key: String,
    #[arg(long, default_value_t = 10_000)]
    pub messages: usize,
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Messages per second; 0 = as fast as answers come
    #[arg(long, default_value_t = 0.0)]
    pub rate: f64,
}
