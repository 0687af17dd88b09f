//! The program from its operator's and customers' view, and rules for the source tree.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may panic"
)]

mod house;
mod house_licences;
mod house_tidy;

mod centre;
mod customer;
mod customer_order;
mod phones;
mod receiver;
mod running;
mod texts;

mod backup;
mod data_directory;
mod log_lines;
mod readme;
mod reload;
mod walk_admin;
mod walk_commands;
mod walk_credit;
mod walk_lightning;
mod walk_logins;
mod walk_numbers;
mod walk_operator;
mod walk_phones;
mod walk_postgres;
mod walk_redaction;
mod walk_sandbox;
mod walk_stop;
mod walk_wrong_start;

mod bulk;
mod crash;
mod dispatch;
mod documented;
mod failover;
mod faults;
mod handler;
mod inbound;
mod keywords;
mod kill;
mod lightning_node;
mod memory;
mod nodes;
mod own_numbers;
mod phone_sending;
mod query;
mod waits;
mod webhook_faults;
mod webhook_hosts;
mod webhooks;
mod why;
