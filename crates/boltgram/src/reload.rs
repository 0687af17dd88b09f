//! SIGHUP: the configuration file is read again, and what can change while the gateway runs is applied. What a
//! reload cannot change is named in the log. A file with a mistake changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};
use domain::ports::Carrier;
use domain::routing::CarrierName;
use toml::{Table, Value};

use crate::carriers::{CarrierParts, make_carrier};
use crate::cli::InstanceArgs;
use crate::config::Config;
use crate::doors::Routers;
use crate::inbound::{declared_numbers, inbound_settings};
use crate::open_store::load_config;
use crate::system::{os_random, system_clock};
use crate::wiring::{House, http_settings, settings};

/// Keys that a reload applies: a section, or one key of it. Every other key needs a restart.
const APPLIED: [&str; 19] = [
    "prices",
    "routes",
    "carriers",
    "numbers",
    "inbound",
    "quiet_hours",
    "bulk.home",
    "query.keyword_days",
    "lookup.keep",
    "orders.parts_max",
    "handler.unit_sats",
    "orders.success_percent_min",
    "orders.success_judged_from",
    "orders.success_pause",
    "referrals",
    "limits.address_rate",
    "limits.address_burst",
    "limits.connections_per_address",
    "limits.trusted_proxies",
];

pub(crate) struct Reload {
    file: Option<PathBuf>,
    /// The file as it was applied last.
    applied: Table,
    /// By name, the section of each carrier that runs.
    carriers: BTreeMap<String, Section>,
    gateway: House,
    routers: Routers,
    /// Where the running server keeps its files, whatever the file says now.
    data: PathBuf,
    /// The money of the node that runs is not real, and may not stand beside a real carrier.
    only_sandbox: bool,
}

/// A carrier's section, with the password from its file.
#[derive(PartialEq)]
struct Section {
    keys: Value,
    password: Option<String>,
}

/// What differs between two files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    applied: BTreeSet<String>,
    /// These need a restart.
    left: BTreeSet<String>,
}

impl Reload {
    pub(crate) fn new(
        file: Option<PathBuf>,
        config: &Config,
        gateway: House,
        routers: Routers,
    ) -> anyhow::Result<Self> {
        let applied = read_table(file.as_ref())?;
        let carriers = sections(config, &applied)?;
        let only_sandbox = !config.may_join_real_carriers();
        let data = config.data.clone();
        Ok(Self { file, applied, carriers, gateway, routers, data, only_sandbox })
    }

    /// Never fails: what is wrong is logged, and everything goes on as before.
    pub(crate) async fn run(&mut self, instance: &InstanceArgs) {
        let Some(file) = &self.file else {
            tracing::warn!("SIGHUP: there is no configuration file to read again");
            return;
        };
        let file = file.display().to_string();
        match self.apply(instance).await {
            Err(error) => {
                tracing::error!(file, "configuration not reloaded, nothing changed: {error:#}");
            }
            Ok(Changes { applied, left }) => {
                tracing::info!(file, applied = words(&applied), "configuration reloaded");
                if !left.is_empty() {
                    tracing::warn!(keys = words(&left), "these changes need a restart");
                }
            }
        }
    }

    async fn apply(&mut self, instance: &InstanceArgs) -> anyhow::Result<Changes> {
        let mut config = load_config(instance)?.config;
        config.data.clone_from(&self.data);
        ensure!(
            !self.only_sandbox || !config.has_real_carrier(),
            "the Lightning node that runs is the sandbox, or on a test network: a real carrier beside it needs a restart"
        );
        let table = read_table(self.file.as_ref())?;
        let mut changes = changes(&self.applied, &table);
        let sections = sections(&config, &table)?;
        // A password may change in its file alone.
        if sections != self.carriers {
            changes.applied.insert("carriers".to_owned());
        }
        let carriers = self.make_carriers(&config, &sections)?;
        let inbound = inbound_settings(&config, &*os_random())?;
        let numbers = declared_numbers(&config, &*self.gateway.store).await?;
        let settings = settings(&config, inbound, numbers)?;
        // Everything that can be wrong with the file was read.
        self.gateway.engine.reload(settings, carriers).await?;
        let http = http_settings(&config, self.gateway.http.sandbox.clone());
        let tells_operator = self.gateway.http.tells_operator;
        let http = api::HttpSettings { tells_operator, ..http };
        self.routers.replace(&Routers::new(&self.gateway.engine, http));
        // What needs a restart is named until it is done.
        let left = |key: &String| changes.left.contains(key);
        self.applied = merged(&self.applied, table, left);
        self.carriers = sections;
        Ok(changes)
    }

    /// New ones for sections that changed.
    fn make_carriers(
        &self,
        config: &Config,
        sections: &BTreeMap<String, Section>,
    ) -> anyhow::Result<Vec<Arc<dyn Carrier>>> {
        let House { store, room, .. } = &self.gateway;
        let (clock, random) = (&system_clock(), &os_random());
        let parts = CarrierParts { store, clock, random, room };
        let make = |carrier: &crate::config::CarrierConfig| {
            let same = self.carriers.get(&carrier.name) == sections.get(&carrier.name);
            let running =
                same.then(|| self.gateway.engine.carrier(&CarrierName::new(&carrier.name)));
            match running.flatten() {
                Some(running) => Ok(running),
                None => make_carrier(carrier, &parts),
            }
        };
        config.carriers.iter().map(make).collect()
    }
}

fn read_table(file: Option<&PathBuf>) -> anyhow::Result<Table> {
    let Some(file) = file else { return Ok(Table::new()) };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(text.parse()?)
}

fn sections(config: &Config, table: &Table) -> anyhow::Result<BTreeMap<String, Section>> {
    let given = table.get("carriers").and_then(Value::as_array);
    let named = |name: &str| {
        let mut given = given.into_iter().flatten();
        given.find(|section| section.get("name").and_then(Value::as_str) == Some(name)).cloned()
    };
    let section = |carrier: &crate::config::CarrierConfig| {
        let whole = carrier.with_password()?;
        let password = whole.password().map(|password| password.expose().to_owned());
        let keys = named(&carrier.name).unwrap_or(Value::Boolean(true));
        Ok((carrier.name.clone(), Section { keys, password }))
    };
    config.carriers.iter().map(section).collect()
}

fn changes(before: &Table, after: &Table) -> Changes {
    let mut changes = Changes::default();
    for (key, before, after) in keys(before, after) {
        if before != after {
            let section = key.split('.').next().unwrap_or_default();
            let is_applied = APPLIED.iter().any(|applied| *applied == key || *applied == section);
            let to = if is_applied { &mut changes.applied } else { &mut changes.left };
            to.insert(key);
        }
    }
    changes
}

/// All keys of two files: `section.key`, or the name of a list of sections.
fn keys<'a>(
    before: &'a Table,
    after: &'a Table,
) -> Vec<(String, Option<&'a Value>, Option<&'a Value>)> {
    let names = |tables: [Option<&'a Table>; 2]| -> BTreeSet<&'a String> {
        tables.into_iter().flatten().flat_map(Table::keys).collect()
    };
    let mut keys = Vec::new();
    for name in names([Some(before), Some(after)]) {
        let (old, new) = (before.get(name), after.get(name));
        let tables = [old.and_then(Value::as_table), new.and_then(Value::as_table)];
        if tables.iter().all(Option::is_none) {
            keys.push((name.clone(), old, new));
            continue;
        }
        for inner in names(tables) {
            let value = |table: Option<&'a Table>| table.and_then(|table| table.get(inner));
            keys.push((format!("{name}.{inner}"), value(tables[0]), value(tables[1])));
        }
    }
    keys
}

/// `after`, with the keys that were left as they are in `before`.
fn merged(before: &Table, mut after: Table, left: impl Fn(&String) -> bool) -> Table {
    let kept: Vec<_> = keys(before, &after)
        .into_iter()
        .filter(|(key, ..)| left(key))
        .map(|(key, value, _)| (key, value.cloned()))
        .collect();
    for (key, value) in kept {
        let (section, inner) =
            key.split_once('.').map_or((None, key.as_str()), |(section, key)| (Some(section), key));
        let table = match section {
            None => &mut after,
            Some(section) => {
                let section = after.entry(section).or_insert_with(|| Value::Table(Table::new()));
                let Some(section) = section.as_table_mut() else { continue };
                section
            }
        };
        match value {
            Some(value) => table.insert(inner.to_owned(), value),
            None => table.remove(inner),
        };
    }
    after
}

fn words(keys: &BTreeSet<String>) -> String {
    if keys.is_empty() {
        return "nothing".to_owned();
    }
    keys.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
        let found = changes(&before.parse().unwrap(), &after.parse().unwrap());
        (found.applied.into_iter().collect(), found.left.into_iter().collect())
    }

    #[test]
    fn tells_what_is_applied_from_what_needs_a_restart() {
        let none: (Vec<String>, Vec<String>) = Default::default();
        assert_eq!(between("a = 1", "a = 1 # said otherwise"), none);
        let (applied, left) = between(
            "listen = \"a\"\n[prices]\nsend = 1\n[limits]\naddress_rate = 1\n",
            "listen = \"b\"\n[prices]\nsend = 2\nemail = 3\n[node]\nlease_s = 9\n\
             [limits]\naddress_rate = 2\nanother = 1\n[[routes]]\nprefix = \"\"\n",
        );
        assert_eq!(applied, ["limits.address_rate", "prices.email", "prices.send", "routes"]);
        assert_eq!(left, ["limits.another", "listen", "node.lease_s"]);
    }

    #[test]
    fn what_needs_a_restart_is_named_until_it_is_done() {
        let (before, after): (Table, Table) = (
            "listen = \"a\"\n[log]\nlevel = \"info\"\n[prices]\nsend = 1\n".parse().unwrap(),
            "listen = \"b\"\n[node]\nlease_s = 9\n[prices]\nsend = 2\n".parse().unwrap(),
        );
        let first = changes(&before, &after);
        let merged = merged(&before, after.clone(), |key| first.left.contains(key));
        let again = changes(&merged, &after);
        assert_eq!(again.left, first.left);
        assert!(again.applied.is_empty(), "{again:?}");
    }

    /// A key that is renamed or removed must not stay here.
    #[test]
    fn every_applied_key_is_one_of_the_reference() {
        let reference = crate::config::REFERENCE;
        for key in APPLIED {
            let name = key.rsplit('.').next().unwrap();
            let is_known = reference.contains(&format!("[{name}]"))
                || reference.lines().any(|line| line.starts_with(&format!("{name} = ")));
            assert!(is_known, "{key}");
        }
    }
}
