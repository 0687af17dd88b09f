//! The command line, as `--help` tells it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use domain::account::{AccountName, Scope};

/// A message gateway with a Lightning cash register.
///
/// Without a configuration file it is a sandbox: `boltgram serve`, and the doors are open on
/// http://127.0.0.1:8080.
#[derive(Debug, Parser)]
#[command(name = "boltgram", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub house: HouseArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// Which house is meant. The same for a server and for the commands that work beside it.
#[derive(Debug, Args)]
pub(crate) struct HouseArgs {
    /// The configuration file; without one, the sandbox. `boltgram config` prints the reference
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data directory, instead of the configured one [default: boltgram-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the gateway until SIGTERM or Ctrl-C
    ///
    /// A first signal ends it in order: what is under way is finished, for at most some seconds. A
    /// second one ends it at once; nothing that was acknowledged is lost by that either.
    Serve {
        /// Where to listen, instead of the configured address; port 0 takes any free one
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
    },
    /// Accounts: who pays from prepaid credit
    #[command(subcommand)]
    Account(AccountCommand),
    /// Keys: secrets that act for an account
    #[command(subcommand)]
    Key(KeyCommand),
    /// Operators: who may use the admin API
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Sender names that an account may use
    #[command(subcommand)]
    Sender(SenderCommand),
    /// Messages that came in
    #[command(subcommand)]
    Inbound(InboundCommand),
    /// The books
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Reads a configuration file and says everything that is wrong with it
    CheckConfig {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Prints the annotated reference of the configuration file: every key and its default
    Config,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Makes an account
    Add {
        /// 1 to 64 letters, digits, dots, dashes or underscores
        #[arg(value_name = "NAME")]
        name: AccountName,
        /// Credit to begin with, given by you and not paid by anybody
        #[arg(long, value_name = "N", default_value_t = 0,
              value_parser = clap::value_parser!(i64).range(0..=CREDIT_SATS_MAX))]
        credit_sats: i64,
    },
    /// Lists the accounts and what they have, in sats
    List,
}

/// One bitcoin: more is a slip of the finger.
const CREDIT_SATS_MAX: i64 = 100_000_000;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Makes a key and prints it: this once, it is not kept
    Add {
        #[arg(value_name = "ACCOUNT")]
        account: AccountName,
        /// What it may do, again for each: `sms:send`, `email:send`; without any, everything (`*`). Every
        /// key may ask for its account's balance and history, and fund it
        #[arg(long = "scope", value_name = "S")]
        scopes: Vec<Scope>,
        /// Requests per second, and at once, at most; without it there is no limit
        #[arg(long, value_name = "N", value_parser = read_rate)]
        rate: Option<u32>,
    },
    /// Lists keys, of one account or of all; the keys themselves are not known
    List {
        #[arg(value_name = "ACCOUNT")]
        account: Option<AccountName>,
    },
    /// Revokes a key, for good
    Revoke {
        /// As `key list` shows it
        #[arg(value_name = "ID")]
        id: i64,
    },
}

/// Elsewhere 0 is no limit; here it would be a key that opens nothing.
fn read_rate(text: &str) -> Result<u32, &'static str> {
    match text.parse() {
        Ok(0) => Err("a rate is at least 1 request per second; leave it out for no limit"),
        Ok(rate) => Ok(rate),
        Err(_) => Err("a rate is a whole number of requests per second"),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum SenderCommand {
    /// Lets an account use a sender name, at once
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
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum OperatorCommand {
    /// Adds an operator and prints the key: this once, it is not kept
    Add {
        /// Who, or which program: 1 to 64 characters
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Lists operators; their keys are not known
    List,
    /// Revokes an operator's key, for good
    Revoke {
        /// As `operator list` shows it
        #[arg(value_name = "ID")]
        id: i64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum InboundCommand {
    /// Lists them, newest first, with the second of Unix time in which each came
    List {
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 20,
              value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Adds up every transfer again and compares; says what is wrong and fails if anything is
    Check,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn is_a_sound_command_line() {
        Cli::command().debug_assert();
    }

    #[test]
    fn takes_the_house_before_and_after_the_command() {
        for line in [
            "boltgram --data d --config c account list",
            "boltgram account --data d list --config c",
            "boltgram account list --config c --data d",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.house.data.as_deref(), Some("d".as_ref()), "{line}");
            assert_eq!(cli.house.config.as_deref(), Some("c".as_ref()), "{line}");
        }
    }

    #[test]
    fn refuses_unknown_scopes_and_debts() {
        for line in
            ["boltgram key add a --scope sms:everything", "boltgram account add a --credit-sats -5"]
        {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }

    #[test]
    fn says_what_a_rate_is() {
        let told = |rate| {
            let line = ["boltgram", "key", "add", "a", "--rate", rate];
            Cli::try_parse_from(line).err().map(|error| error.to_string())
        };
        assert_eq!(told("1"), None);
        assert!(told("0").unwrap().contains("at least 1 request per second; leave it out"));
        for bad in ["1.5", "4294967296", "many"] {
            assert!(told(bad).unwrap().contains("a whole number"), "{bad}");
        }
    }
}
