//! The commands, one file each.

mod add_account;
mod add_key;
mod add_operator;
mod add_sender;
mod check_config;
mod check_ledger;
mod list_accounts;
mod list_inbound;
mod list_keys;
mod list_operators;
mod list_senders;
mod print_config;
mod revoke_key;
mod revoke_operator;
mod serve;

use anyhow::Context;

use crate::cli::{
    AccountCommand, Cli, Command, HouseArgs, InboundCommand, KeyCommand, LedgerCommand,
    OperatorCommand, SenderCommand,
};
use crate::{config, logging};

pub(crate) fn run(cli: Cli) -> anyhow::Result<()> {
    let house = cli.house;
    match cli.command {
        Command::Config => print_config::print_config(),
        Command::CheckConfig { file } => check_config::check_config(&file),
        Command::Serve { listen } => on_runtime(serve::serve(&house, listen)),
        Command::Account(command) => on_store(account(&house, command)),
        Command::Key(command) => on_store(key(&house, command)),
        Command::Operator(command) => on_store(operator(&house, command)),
        Command::Sender(command) => on_store(sender(&house, command)),
        Command::Inbound(InboundCommand::List { limit }) => {
            on_store(list_inbound::list_inbound(&house, limit))
        }
        Command::Ledger(LedgerCommand::Check) => on_store(check_ledger::check_ledger(&house)),
    }
}

async fn account(house: &HouseArgs, command: AccountCommand) -> anyhow::Result<()> {
    match command {
        AccountCommand::Add { name, credit_sats } => {
            add_account::add_account(house, &name, credit_sats).await
        }
        AccountCommand::List => list_accounts::list_accounts(house).await,
    }
}

async fn key(house: &HouseArgs, command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Add { account, scopes, rate } => {
            add_key::add_key(house, &account, &scopes, rate).await
        }
        KeyCommand::List { account } => list_keys::list_keys(house, account.as_ref()).await,
        KeyCommand::Revoke { id } => revoke_key::revoke_key(house, id).await,
    }
}

async fn operator(house: &HouseArgs, command: OperatorCommand) -> anyhow::Result<()> {
    match command {
        OperatorCommand::Add { name } => add_operator::add_operator(house, name).await,
        OperatorCommand::List => list_operators::list_operators(house).await,
        OperatorCommand::Revoke { id } => revoke_operator::revoke_operator(house, id).await,
    }
}

async fn sender(house: &HouseArgs, command: SenderCommand) -> anyhow::Result<()> {
    match command {
        SenderCommand::Add { account, name } => {
            add_sender::add_sender(house, &account, &name).await
        }
        SenderCommand::List { account } => list_senders::list_senders(house, &account).await,
    }
}

/// A command that answers and ends tells warnings only; its answer is on the other stream.
fn on_store(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    logging::start(&config::LogConfig { level: "warn".to_owned(), ..config::LogConfig::default() });
    on_runtime(command)
}

fn on_runtime(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let ended = runtime.block_on(command);
    // Whatever still runs was waited for as long as it deserved.
    runtime.shutdown_background();
    ended
}
