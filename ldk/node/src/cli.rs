//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use ldk_node::bitcoin::Network;
use ldk_node::bitcoin::secp256k1::PublicKey;
use ldk_node::lightning::ln::msgs::SocketAddress;
use url::Url;

/// A Lightning node that holds payments, with the REST interface of LND
#[derive(Debug, Parser)]
#[command(name = "boltgram-node", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the node
    Run(Box<RunArgs>),
    /// Shows the 24 words of the seed, from which the keys can be made again; once
    Seed {
        #[command(flatten)]
        data: DataArgs,
        /// Shows them although they were shown before
        #[arg(long)]
        again: bool,
    },
    /// Writes the words of an earlier seed, read from standard input, into an empty data directory
    RestoreSeed {
        #[command(flatten)]
        data: DataArgs,
    },
    /// Lists the channels of the running node
    Channels {
        #[command(flatten)]
        data: DataArgs,
        /// Prints the node's JSON
        #[arg(long)]
        json: bool,
    },
    /// Shows what the running node has on chain and in channels
    Balance {
        #[command(flatten)]
        data: DataArgs,
        #[arg(long, help = "Prints the node's JSON")]
        json: bool,
    },
    /// Prints a new address on chain, to pay money into the node
    NewAddress {
        #[command(flatten)]
        data: DataArgs,
    },
    /// Connects to another node, now and after each start
    Connect {
        #[command(flatten)]
        data: DataArgs,
        /// Node id and address
        #[arg(value_name = "NODE_ID@HOST:PORT")]
        peer: String,
    },
    /// Opens a channel with money that is on chain
    OpenChannel {
        #[command(flatten)]
        data: DataArgs,
        /// Node id and address
        #[arg(value_name = "NODE_ID@HOST:PORT")]
        peer: String,
        /// Capacity of the channel
        #[arg(value_name = "SATS", value_parser = clap::value_parser!(u64).range(1..=2_100_000_000_000_000))]
        sats: u64,
        /// Gives this part of it to the other node, so that it can pay us at once
        #[arg(long, value_name = "SATS", default_value_t = 0)]
        push_sats: u64,
        /// Announces the channel to the network, so that payments of others pass through it
        #[arg(long)]
        announce: bool,
    },
    /// Closes a channel
    CloseChannel {
        #[command(flatten)]
        data: DataArgs,
        /// Channel point from `channels`
        #[arg(value_name = "TXID:INDEX")]
        channel: String,
        /// Without the other node, which takes longer and costs more
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// Directory of the node's seed, channels and macaroons
    #[arg(long, value_name = "DIR", env = "BOLTGRAM_NODE_DATA")]
    pub data: PathBuf,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// bitcoin, testnet, signet or regtest
    #[arg(long, default_value = "bitcoin")]
    pub network: Network,
    #[command(flatten)]
    pub chain: ChainArgs,
    /// Address of the REST interface; it needs TLS and a macaroon, and should be loopback all the same
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8089")]
    pub rest: SocketAddr,
    /// Where other nodes connect; may be repeated
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_address)]
    pub listen: Vec<SocketAddress>,
    /// Name of the node, at most 32 bytes; with --listen it allows announced channels
    #[arg(long)]
    pub alias: Option<String>,
    /// Seconds between two looks at the chain
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=60))]
    pub sync_s: u64,
    /// Gossip by rapid sync from here; without it, from the peers
    #[arg(long, value_name = "URL")]
    pub rgs: Option<Url>,
    /// Uses channels of this node before they have confirmations; may be repeated
    #[arg(long, value_name = "NODE_ID")]
    pub trust_0conf: Vec<PublicKey>,
    /// Ends when standard input ends
    #[arg(long)]
    pub exit_with_stdin: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct ChainArgs {
    /// Reads the chain from this Esplora server
    #[arg(long, value_name = "URL", conflicts_with_all = ["electrum", "bitcoind"])]
    pub esplora: Option<Url>,
    /// Reads the chain from this Electrum server, ssl://HOST:PORT or tcp://HOST:PORT
    #[arg(long, value_name = "URL", conflicts_with_all = ["esplora", "bitcoind"])]
    pub electrum: Option<Url>,
    /// Reads the chain from Bitcoin Core's RPC interface, http://HOST:PORT
    #[arg(long, value_name = "URL", conflicts_with_all = ["esplora", "electrum"])]
    pub bitcoind: Option<Url>,
    /// User of Bitcoin Core
    #[arg(long, value_name = "USER", requires_all = ["bitcoind", "bitcoind_password_file"])]
    pub bitcoind_user: Option<String>,
    /// File with the password of that user
    #[arg(long, value_name = "FILE", requires = "bitcoind_user")]
    pub bitcoind_password_file: Option<PathBuf>,
    /// Bitcoin Core's .cookie, in place of user and password
    #[arg(long, value_name = "FILE", requires = "bitcoind", conflicts_with = "bitcoind_user")]
    pub bitcoind_cookie_file: Option<PathBuf>,
}

fn parse_address(text: &str) -> Result<SocketAddress, String> {
    text.parse().map_err(|_| format!("{text} is not HOST:PORT"))
}
