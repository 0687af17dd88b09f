//! The command line and its `--help`.

mod lightning;
mod number;
mod payout;
mod phone;
mod profile;
mod sender;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use domain::account::{AccountName, Scope};
use domain::id::MessageId;
use engine::traces::Subject;

pub(crate) use lightning::LightningCommand;
pub(crate) use number::NumberCommand;
pub(crate) use payout::PayoutCommand;
pub(crate) use phone::{NumberArgs as PhoneNumberArgs, PhoneCommand};
pub(crate) use profile::{ProfileArgs, Switch};
pub(crate) use sender::SenderCommand;

/// A message gateway with a Lightning cash register.
///
/// Without a configuration file it is a sandbox: `boltgram serve` opens the doors on
/// http://127.0.0.1:8080.
#[derive(Debug, Parser)]
#[command(name = "boltgram", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub instance: InstanceArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// Configuration and data of the gateway; the same for `serve` and for the other commands.
#[derive(Debug, Args)]
pub(crate) struct InstanceArgs {
    /// Configuration file [default: the one that BOLTGRAM_CONFIG names, or else ./boltgram.toml if it
    /// exists; without any, the sandbox]. `boltgram config` prints the reference
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data directory, instead of the configured one [default: boltgram-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the gateway until SIGTERM or Ctrl-C
    ///
    /// The first signal stops it in order: work in progress is finished, for at most some seconds. A
    /// second one stops it at once; nothing that was acknowledged is lost. SIGHUP reads the configuration
    /// file again and applies what can change while the gateway runs.
    Serve {
        /// Address to listen on, instead of the configured one; port 0 takes any free port
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
    },
    /// Creates the data directory and the store, without serving
    Init,
    /// Writes a backup of the store, beside a running server or without one
    Backup {
        /// Directory to create; an existing one must be empty
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Restores a backup into a data directory that does not exist yet, or is empty
    Restore {
        /// Directory that `backup` wrote
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Carriers and their links
    #[command(subcommand)]
    Carrier(CarrierCommand),
    /// Accounts with prepaid credit
    #[command(subcommand)]
    Account(AccountCommand),
    /// API keys of accounts
    #[command(subcommand)]
    Key(KeyCommand),
    /// Operators, who may use the admin API
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Sender names that an account may use
    #[command(subcommand)]
    Sender(SenderCommand),
    /// Numbers of your own
    #[command(subcommand)]
    Number(NumberCommand),
    /// Phones whose SIM cards receive and send for you
    #[command(subcommand)]
    Phone(PhoneCommand),
    /// Inbound messages
    #[command(subcommand)]
    Inbound(InboundCommand),
    /// The Lightning node
    #[command(subcommand)]
    Lightning(LightningCommand),
    /// Shares of referrers, and their payment
    #[command(subcommand)]
    Payout(PayoutCommand),
    /// The ledger
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Shows why a message waits or failed: every try, carrier, id, code and time, without its text
    Trace {
        /// A number in E.164, the UUID of a message, or the id of an order
        #[arg(value_name = "NUMBER|UUID|ORDER", value_parser = read_subject)]
        subject: Subject,
        /// Prints JSON, as `GET /admin/v1/trace` answers
        #[arg(long)]
        json: bool,
        /// Maximum number of recipients
        #[arg(long, value_name = "N", default_value_t = 20,
              value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Checks a configuration file and reports all mistakes
    CheckConfig {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Prints the annotated configuration reference: every key with its default
    Config,
    /// Prints the completions of a shell
    Completions {
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Prints the manual page, or writes the pages of all commands
    Man {
        /// Existing directory for a page of each command
        #[arg(value_name = "DIR")]
        directory: Option<PathBuf>,
    },
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ListArgs {
    /// Prints a JSON array instead of a table
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CarrierCommand {
    /// Lists the carriers with the state of their links, as each node reported it last
    List {
        #[command(flatten)]
        list: ListArgs,
    },
    /// Closes the links of a carrier, at every node, and opens them again without waiting
    Reconnect {
        /// Name of a `[[carriers]]` section
        #[arg(value_name = "NAME")]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Creates an account
    Add {
        /// 1 to 64 letters, digits, dots, dashes or underscores
        #[arg(value_name = "NAME")]
        name: AccountName,
        /// Initial credit, granted without a payment
        #[arg(long, value_name = "N", default_value_t = 0,
              value_parser = clap::value_parser!(i64).range(0..=CREDIT_SATS_MAX))]
        credit_sats: i64,
    },
    /// Limits where an account may send, and how much in an hour
    ///
    /// What is not given stays as it is.
    Limit {
        #[arg(value_name = "ACCOUNT")]
        name: AccountName,
        /// Countries that it may send to, by ISO 3166-1 codes: `DK,TH`; or `all`
        #[arg(long, value_name = "CODES")]
        countries: Option<String>,
        /// Messages per hour to numbers that begin with a prefix: `66=500,=5000`; or `none`
        #[arg(long, value_name = "PREFIX=N")]
        hourly_caps: Option<String>,
    },
    /// Sets the password that logins of programs use, read from standard input or asked for
    Password {
        #[arg(value_name = "NAME")]
        name: AccountName,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Shows what an account says about itself, and changes what is given
    Profile {
        #[arg(value_name = "NAME")]
        name: AccountName,
        #[command(flatten)]
        profile: Box<ProfileArgs>,
    },
    /// Lists the accounts and their balances in sats
    List {
        #[command(flatten)]
        list: ListArgs,
    },
    /// Gives credit, without a payment
    Credit {
        #[arg(value_name = "NAME")]
        name: AccountName,
        #[arg(value_name = "SATS", value_parser = clap::value_parser!(i64).range(1..=CREDIT_SATS_MAX))]
        sats: i64,
    },
    /// Takes back credit that may be spent, never more
    Debit {
        #[arg(value_name = "NAME")]
        name: AccountName,
        #[arg(value_name = "SATS", value_parser = clap::value_parser!(i64).range(1..=CREDIT_SATS_MAX))]
        sats: i64,
    },
    /// Disables an account: its keys are refused at every door
    Disable {
        #[arg(value_name = "NAME")]
        name: AccountName,
    },
    /// Enables an account again
    Enable {
        #[arg(value_name = "NAME")]
        name: AccountName,
    },
}

/// The supply of money: 21 million bitcoins.
const CREDIT_SATS_MAX: i64 = 2_100_000_000_000_000;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Creates a key and prints it, only once: it is not stored
    Add {
        #[arg(value_name = "ACCOUNT")]
        account: AccountName,
        /// Scope of the key, repeatable: `sms:send`, `sms:read`, `email:send`, `sms:receive`; without any, everything (`*`). Every
        /// key may read its account's balance and history, and fund it
        #[arg(long = "scope", value_name = "S")]
        scopes: Vec<Scope>,
        /// Limit of requests per second, and of a burst; no limit by default
        #[arg(long, value_name = "N", value_parser = read_rate)]
        rate: Option<u32>,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Lists the keys of one account or of all, without the keys themselves, which are not stored
    List {
        #[arg(value_name = "ACCOUNT")]
        account: Option<AccountName>,
        #[command(flatten)]
        list: ListArgs,
    },
    /// Revokes a key permanently
    Revoke {
        /// Id from `key list`
        #[arg(value_name = "ID")]
        id: i64,
    },
}

/// Refuses 0, which means no limit elsewhere and would block the key here.
fn read_rate(text: &str) -> Result<u32, &'static str> {
    match text.parse() {
        Ok(0) => Err("a rate is at least 1 request per second; leave it out for no limit"),
        Ok(rate) => Ok(rate),
        Err(_) => Err("a rate is a whole number of requests per second"),
    }
}

/// Tells a number, a message and an order apart by their form.
fn read_subject(text: &str) -> Result<Subject, &'static str> {
    if let Ok(order) = text.parse() {
        return Ok(Subject::Order(order));
    }
    if let Ok(message) = text.parse() {
        return Ok(Subject::Message(MessageId(message)));
    }
    let number = text.strip_prefix('+').unwrap_or(text).parse().map(Subject::Number);
    number
        .map_err(|_| "give a number in E.164, the UUID of a message, or the 64 digits of an order")
}

#[derive(Debug, Subcommand)]
pub(crate) enum OperatorCommand {
    /// Adds an operator and prints the key, only once: it is not stored
    Add {
        /// Person or program: 1 to 64 characters
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Lists operators, without their keys, which are not stored
    List {
        #[command(flatten)]
        list: ListArgs,
    },
    /// Revokes an operator's key permanently
    Revoke {
        /// Id from `operator list`
        #[arg(value_name = "ID")]
        id: i64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum InboundCommand {
    /// Lists them, newest first
    List {
        /// Maximum number
        #[arg(long, value_name = "N", default_value_t = 20,
              value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        #[command(flatten)]
        list: ListArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Recomputes all balances from the transfers; reports differences and fails if there are any
    Check,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_valid() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_may_precede_and_follow_the_command() {
        for line in [
            "boltgram --data d --config c account list",
            "boltgram account --data d list --config c",
            "boltgram account list --config c --data d",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.instance.data.as_deref(), Some("d".as_ref()), "{line}");
            assert_eq!(cli.instance.config.as_deref(), Some("c".as_ref()), "{line}");
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
    fn a_trace_is_of_a_number_a_message_or_an_order() {
        let order = "0a".repeat(32);
        for (text, kind) in [
            ("4520123456", "Number"),
            ("+4520123456", "Number"),
            ("0190a7d0-0000-7000-8000-000000000000", "Message"),
            (order.as_str(), "Order"),
        ] {
            let subject = format!("{:?}", read_subject(text).unwrap());
            assert!(subject.starts_with(kind), "{subject}");
        }
        for text in ["", "0", "abc", "20123456789012345678"] {
            assert!(read_subject(text).is_err(), "{text}");
        }
    }

    #[test]
    fn invalid_rates_are_explained() {
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
