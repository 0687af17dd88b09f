//! `boltgram number`.

use clap::Subcommand;

use super::ListArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum NumberCommand {
    /// Lists what a number was lent for, newest first
    Loans {
        /// In E.164: +4512345678
        #[arg(value_name = "NUMBER")]
        number: String,
        /// Maximum number
        #[arg(long, value_name = "N", default_value_t = 20,
              value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        #[command(flatten)]
        list: ListArgs,
    },
}
