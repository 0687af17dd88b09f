//! `boltgram phone`.

use clap::{Args, Subcommand};
use domain::account::AccountName;

use super::ListArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum PhoneCommand {
    /// Creates a phone, or a new token for one, and prints the token, only once: it is not stored
    ///
    /// The token is typed into the app SMS Gateway as its private token. With it an app registers as this
    /// phone. A phone that is registered stays so.
    Token {
        /// What you call the phone: 1 to 64 characters
        #[arg(value_name = "NAME")]
        name: String,
        /// Account that owns the phone, of a new one
        #[arg(long, value_name = "ACCOUNT")]
        owner: Option<AccountName>,
    },
    /// Lists the phones, with their SIM cards and numbers
    List {
        #[command(flatten)]
        list: ListArgs,
    },
    /// Sets the number of a SIM card, and prints a text that proves it when it is sent there
    ///
    /// A phone does not show the numbers of its SIM cards. The number is lent once the text has arrived at it,
    /// sent from any other phone; and again after the card was changed.
    Number(Box<NumberArgs>),
    /// Lets a SIM card send texts, by carriers of the kind `phones`; or no longer, with --stop
    ///
    /// Until then nothing is sent from it. What it sends is paid by its owner, who has the plan.
    Sends {
        /// The phone
        #[arg(value_name = "NAME")]
        name: String,
        /// The SIM card, from 1, as the phone counts
        #[arg(value_name = "SIM", value_parser = clap::value_parser!(u8).range(1..=8))]
        sim: u8,
        /// It sends no more
        #[arg(long)]
        stop: bool,
    },
    /// Removes a phone with its SIM cards and their numbers
    Remove {
        #[arg(value_name = "NAME")]
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct NumberArgs {
    /// The phone
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The SIM card, from 1, as the phone counts
    #[arg(value_name = "SIM", value_parser = clap::value_parser!(u8).range(1..=8))]
    pub sim: u8,
    /// In E.164: +4520123456
    #[arg(value_name = "NUMBER")]
    pub number: String,
    /// Its country, by ISO 3166-1: `DK`
    #[arg(long, value_name = "CODE")]
    pub country: String,
    /// It may be rented out for a time too
    #[arg(long)]
    pub rent: bool,
    /// Counts as proven at once: only if you sent a text there yourself
    #[arg(long)]
    pub proven: bool,
}
