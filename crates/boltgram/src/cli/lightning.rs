//! `boltgram lightning …`.

use clap::Subcommand;
use domain::id::PaymentHash;

use super::ListArgs;
use super::payout::read_hash;

#[derive(Debug, Subcommand)]
pub(crate) enum LightningCommand {
    /// Shows the node, its channels, what it holds, and lost orders
    Status {
        /// Prints JSON, as `GET /admin/v1/lightning` answers
        #[arg(long)]
        json: bool,
    },
    /// Lists payments and invoices at the node that belong to no live order, or gives one back
    ///
    /// They come of a store that was restored from a backup. If several gateways use this node, those of the others are
    /// listed here, too: leave them alone.
    Orphans {
        /// Gives this payment back, or closes its invoice. Refused if it belongs to a live order
        #[arg(long, value_name = "HASH", value_parser = read_hash)]
        cancel: Option<PaymentHash>,
        #[command(flatten)]
        list: ListArgs,
    },
}
