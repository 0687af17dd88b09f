//! The commands, one file each.

mod add_account;
mod add_key;
mod add_operator;
mod add_sender;
mod back_up;
mod change_credit;
mod check_config;
pub(crate) mod check_ledger;
mod disable_account;
mod init;
mod lightning;
mod limit_account;
mod list_accounts;
mod list_carriers;
mod list_inbound;
mod list_keys;
mod list_loans;
mod list_operators;
mod list_senders;
mod payouts;
mod phones;
mod print_completions;
mod print_config;
mod print_manual;
mod reconnect_carrier;
mod restore;
mod revoke_key;
mod revoke_operator;
mod serve;
mod set_password;
mod set_profile;
mod show_trace;

use anyhow::Context;

use crate::cli::{
    AccountCommand, CarrierCommand, Cli, Command, InboundCommand, InstanceArgs, KeyCommand,
    LedgerCommand, NumberCommand, OperatorCommand, PhoneCommand, SenderCommand,
};
use crate::{config, logging};

pub(crate) fn run(cli: Cli) -> anyhow::Result<()> {
    let instance = cli.instance;
    match cli.command {
        Command::Config => print_config::print_config(),
        Command::CheckConfig { file } => check_config::check_config(&file),
        Command::Serve { listen } => on_runtime(serve::serve(&instance, listen)),
        Command::Completions { shell } => print_completions::print_completions(shell),
        Command::Man { directory } => print_manual::print_manual(directory.as_deref()),
        Command::Init => on_store(init::init(&instance)),
        Command::Backup { directory } => on_store(back_up::back_up(&instance, &directory)),
        Command::Restore { directory } => on_store(restore::restore(&instance, &directory)),
        Command::Carrier(command) => on_store(carrier(&instance, command)),
        Command::Account(command) => on_store(account(&instance, command)),
        Command::Key(command) => on_store(key(&instance, command)),
        Command::Operator(command) => on_store(operator(&instance, command)),
        Command::Sender(command) => on_store(sender(&instance, command)),
        Command::Number(NumberCommand::Loans { number, limit, list }) => {
            on_store(list_loans::list_loans(&instance, &number, limit, list))
        }
        Command::Phone(command) => on_store(phone(&instance, command)),
        Command::Inbound(InboundCommand::List { limit, list }) => {
            on_store(list_inbound::list_inbound(&instance, limit, list))
        }
        Command::Trace { subject, json, limit } => {
            on_store(show_trace::show_trace(&instance, subject, json, limit))
        }
        Command::Lightning(command) => on_store(lightning::lightning(&instance, command)),
        Command::Payout(command) => on_store(payouts::payouts(&instance, command)),
        Command::Ledger(LedgerCommand::Check) => on_store(check_ledger::check_ledger(&instance)),
    }
}

async fn carrier(instance: &InstanceArgs, command: CarrierCommand) -> anyhow::Result<()> {
    match command {
        CarrierCommand::List { list } => list_carriers::list_carriers(instance, list).await,
        CarrierCommand::Reconnect { name } => {
            reconnect_carrier::reconnect_carrier(instance, &name).await
        }
    }
}

async fn account(instance: &InstanceArgs, command: AccountCommand) -> anyhow::Result<()> {
    match command {
        AccountCommand::Add { name, credit_sats } => {
            add_account::add_account(instance, &name, credit_sats).await
        }
        AccountCommand::List { list } => list_accounts::list_accounts(instance, list).await,
        AccountCommand::Credit { name, sats } => {
            change_credit::give_credit(instance, &name, sats).await
        }
        AccountCommand::Debit { name, sats } => {
            change_credit::take_credit(instance, &name, sats).await
        }
        AccountCommand::Disable { name } => {
            disable_account::set_disabled(instance, &name, true).await
        }
        AccountCommand::Enable { name } => {
            disable_account::set_disabled(instance, &name, false).await
        }
        AccountCommand::Password { name, json } => {
            set_password::set_password(instance, &name, json).await
        }
        AccountCommand::Profile { name, profile } => {
            set_profile::set_profile(instance, &name, *profile).await
        }
        AccountCommand::Limit { name, countries, hourly_caps } => {
            let (countries, caps) = (countries.as_deref(), hourly_caps.as_deref());
            limit_account::limit_account(instance, &name, countries, caps).await
        }
    }
}

async fn key(instance: &InstanceArgs, command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Add { account, scopes, rate, description } => {
            add_key::add_key(instance, &account, &scopes, rate, description).await
        }
        KeyCommand::List { account, list } => {
            list_keys::list_keys(instance, account.as_ref(), list).await
        }
        KeyCommand::Revoke { id } => revoke_key::revoke_key(instance, id).await,
    }
}

async fn operator(instance: &InstanceArgs, command: OperatorCommand) -> anyhow::Result<()> {
    match command {
        OperatorCommand::Add { name } => add_operator::add_operator(instance, name).await,
        OperatorCommand::List { list } => list_operators::list_operators(instance, list).await,
        OperatorCommand::Revoke { id } => revoke_operator::revoke_operator(instance, id).await,
    }
}

async fn phone(instance: &InstanceArgs, command: PhoneCommand) -> anyhow::Result<()> {
    match command {
        PhoneCommand::Token { name, owner } => {
            phones::make_phone_token(instance, &name, owner.as_ref()).await
        }
        PhoneCommand::List { list } => phones::list_phones(instance, list).await,
        PhoneCommand::Number(args) => phones::set_phone_number(instance, &args).await,
        PhoneCommand::Sends { name, sim, stop } => {
            phones::set_sim_sends(instance, &name, sim, !stop).await
        }
        PhoneCommand::Remove { name } => phones::remove_phone(instance, &name).await,
    }
}

async fn sender(instance: &InstanceArgs, command: SenderCommand) -> anyhow::Result<()> {
    match command {
        SenderCommand::Add { account, name } => {
            add_sender::add_sender(instance, &account, &name).await
        }
        SenderCommand::List { account, list } => {
            list_senders::list_senders(instance, &account, list).await
        }
    }
}

/// Runs a short command. It logs only warnings; its result goes to standard output.
fn on_store(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    logging::start(&config::LogConfig { level: "warn".to_owned(), ..config::LogConfig::default() });
    on_runtime(command)
}

/// Name look-ups have half of these at most; large requests and the sandbox's node need a few. Reads
/// of the store have threads of their own.
const BLOCKING_THREADS_MAX: usize = 64;

fn on_runtime(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .build()
        .context("the runtime cannot be started")?;
    let ended = runtime.block_on(command);
    // Whatever still runs was waited for as long as it deserved.
    runtime.shutdown_background();
    ended
}
