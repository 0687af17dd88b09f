//! `boltgram sender`.

use clap::Subcommand;
use domain::account::AccountName;

use super::ListArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum SenderCommand {
    /// Approves a sender name for an account
    Add {
        #[arg(value_name = "ACCOUNT")]
        account: AccountName,
        /// 1 to 11 characters, or a number
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Lists the sender names of an account
    List {
        #[arg(value_name = "ACCOUNT")]
        account: AccountName,
        #[command(flatten)]
        list: ListArgs,
    },
}
