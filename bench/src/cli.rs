//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::gateway::{Kind, Store};

/// Measures Boltgram and Kannel.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure both gateways in turn with the same loader, simulator and sink
    Run(Run),
    /// Send one campaign to very many numbers, with single codes meanwhile
    Bulk(Bulk),
    /// Send a campaign and single messages through one node and through several on one PostgreSQL
    Nodes(Nodes),
    /// Measure throughput by window and round trip
    Sweep(Sweep),
    /// Measure this machine without a gateway: disk, codec, SMPP, HTTP
    Bounds {
        /// Also write the figures as JSON to this file
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// Run only the SMSC simulator
    Smsc {
        #[arg(long, default_value = "127.0.0.1:2775")]
        listen: SocketAddr,
        #[command(flatten)]
        manner: MannerArgs,
    },
    /// Run only the call-back sink
    Sink {
        #[arg(long, default_value = "127.0.0.1:9090")]
        listen: SocketAddr,
        /// Number of distinct messages
        #[arg(long, default_value_t = 1_000_000)]
        messages: usize,
    },
    /// Run only the HTTP loader
    Load(LoadArgs),
    /// Run only the delaying proxy
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
    /// Delay from accepting a message to its receipt
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
    /// Binds of all Boltgram nodes together; each needs one
    #[arg(long, default_value_t = 1)]
    pub binds: u32,
    #[command(flatten)]
    pub manner: MannerArgs,
    /// Kannel's storage for expected receipts: internal (memory) or sqlite3 (disk)
    #[arg(long, default_value = "internal", value_parser = ["internal", "sqlite3"])]
    pub kannel_dlr: String,
    /// Boltgram's binary
    #[arg(long, default_value = "../target/release/boltgram")]
    pub boltgram: PathBuf,
    /// Boltgram's stores, one trial each: sqlite, postgres (a server started for the trial), or the URL of an empty
    /// database
    #[arg(long, value_delimiter = ',', default_value = "sqlite")]
    pub store: Vec<Store>,
    /// Number of Boltgram processes on one PostgreSQL
    #[arg(long, default_value_t = 1)]
    pub nodes: usize,
    /// Directory of the gateways' files, on the disk to be measured
    #[arg(long, default_value = "work")]
    pub dir: PathBuf,
    /// Also write the outcomes as JSON to this file
    #[arg(long)]
    pub json: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Gateways in this order; ratios refer to the first
    #[arg(long, value_enum, value_delimiter = ',', default_value = "kannel,boltgram")]
    pub gateways: Vec<Kind>,
    #[arg(long, default_value_t = 20_000)]
    pub kannel_messages: usize,
    #[arg(long, default_value_t = 100_000)]
    pub boltgram_messages: usize,
    /// Messages per second; 0 = as fast as responses arrive
    #[arg(long, default_value_t = 0.0)]
    pub rate: f64,
    /// Seconds at --rate, instead of a number of messages; reports whether memory stayed flat
    #[arg(long, requires = "rate")]
    pub steady: Option<u32>,
    /// Round trip to the simulator
    #[arg(long, default_value_t = 0)]
    pub rtt_ms: u64,
    /// Trials of each gateway; the fastest counts
    #[arg(long, default_value_t = 1)]
    pub trials: usize,
    /// Longest wait before each trial for a quiet machine
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
    /// Longest wait before each trial for a quiet machine
    #[arg(long, default_value_t = 0)]
    pub wait_quiet_s: u64,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct Nodes {
    /// Numbers of nodes in this order; ratios refer to the first. `--nodes` is ignored
    #[arg(long, value_delimiter = ',', default_value = "1,2")]
    pub counts: Vec<usize>,
    /// Recipients of the campaign; 0 for no campaign
    #[arg(long, default_value_t = 1_000_000)]
    pub recipients: usize,
    /// Number of single messages; 0 for none
    #[arg(long, default_value_t = 40_000)]
    pub messages: usize,
    /// Trials for each number of nodes; the fastest counts
    #[arg(long, default_value_t = 1)]
    pub trials: usize,
    /// Longest wait before each trial for a quiet machine
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
    /// Highest rate that the gateway reaches without the proxy
    #[arg(long, default_value_t = 10_000.0)]
    pub most_per_second: f64,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DoorKind {
    Orders,
    Numbers,
    Query,
    Kannel,
    Echo,
}

#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    #[arg(long, value_enum, default_value = "orders")]
    pub door: DoorKind,
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub to: SocketAddr,
    /// Address of the sink
    #[arg(long, default_value = "127.0.0.1:9090")]
    pub callback: SocketAddr,
    /// The account's name, at the query door
    #[arg(long, default_value = "bench")]
    pub user: String,
    /// The key
    #[arg(long, default_value = "")]
    pub key: String,
    #[arg(long, default_value_t = 10_000)]
    pub messages: usize,
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Messages per second; 0 = as fast as responses arrive
    #[arg(long, default_value_t = 0.0)]
    pub rate: f64,
}
