//! `boltgram payout …`.

use clap::Subcommand;
use domain::id::PaymentHash;
use domain::payout::{LightningAddress, NotAnAddress};

use super::ListArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum PayoutCommand {
    /// Lists what is due to referrers, and the payments to them, newest first
    List {
        /// Maximum number of payments
        #[arg(long, value_name = "N", default_value_t = 20,
              value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
        #[command(flatten)]
        list: ListArgs,
    },
    /// Begins no payment any more, at any node; those under way end
    Pause,
    /// Begins payments again
    Resume,
    /// Ends a payment as failed whose Lightning node is gone for ever: its shares are due again
    ///
    /// Refused for a payment of the node that is configured now, and while the payee may still get it: until ten days after
    /// its invoice has expired.
    End {
        /// Payment hash from `payout list`
        #[arg(value_name = "HASH", value_parser = read_hash)]
        hash: PaymentHash,
    },
    /// Pays a referrer again whose payments failed
    Retry {
        /// Lightning address from `payout list`
        #[arg(value_name = "ADDRESS", value_parser = read_address)]
        address: LightningAddress,
    },
}

fn read_address(text: &str) -> Result<LightningAddress, NotAnAddress> {
    text.parse()
}

pub(super) fn read_hash(text: &str) -> Result<PaymentHash, &'static str> {
    text.parse().map_err(|_| "a payment hash has 64 hexadecimal digits")
}
