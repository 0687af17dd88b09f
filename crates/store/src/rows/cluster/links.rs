//! Nodes and their links. A node's row holds the end of its lease; its links last as long as the
//! row, so that a renewal touches one row, however many links there are.
//!
//! | the node | its row | its links and leases of work |
//! |---|---|---|
//! | renews | later | stay |
//! | leaves | deleted | its links are free; its work has ended |
//! | dies, or cannot renew | deleted by the node that finds it expired | released by the same change |
//! | returns after that | new | none; it counts as a new node |
//!
//! Times are by the database's clock. A change that computes shares holds the lock, so that the set
//! of nodes cannot change meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::ports::{Changed, LinkDemand, LinkLease};
use domain::routing::CarrierName;
use domain::time::Timestamp;

use crate::rows::queue;
use crate::tx::{AdvisoryLock, Result, Tx, params};

pub(crate) async fn lease(
    tx: &mut impl Tx,
    node: &str,
    demands: &[LinkDemand],
    lease: Duration,
    now: Timestamp,
) -> Result<LinkLease> {
    tx.lock(AdvisoryLock::ShareLinks).await?;
    let clock = tx.clock(now).await?;
    let before = nodes(tx).await?;
    let gone: Vec<_> =
        before.iter().filter(|other| other.name != node && other.until <= clock).collect();
    let mut freed = 0;
    for other in &gone {
        remove(tx, &other.name).await?;
        freed += queue::release_leases(tx, &other.name, now).await?;
    }
    let has = demands.iter().map(Has::of).collect::<Vec<_>>();
    let until = clock.after(lease);
    let mut live: Vec<_> = before
        .iter()
        .filter(|other| other.name == node || other.until > clock)
        .map(|other| other.name.clone())
        .collect();
    let known = before.iter().find(|other| other.name == node);
    match known {
        // Even if its lease has expired: no node has noticed, so nothing has changed.
        Some(known) => renew(tx, &known.name, &has, until).await?,
        None => {
            add(tx, node, &has, clock, until).await?;
            live.push(node.to_owned());
        }
    }
    let others: Vec<_> =
        before.iter().filter(|other| other.name != node && other.until > clock).collect();
    let mut links = links(tx).await?;
    let (mut allowed, mut passed) = (Vec::with_capacity(demands.len()), false);
    for demand in demands {
        let sharing: Vec<_> = live
            .iter()
            .filter(|name| {
                *name == node
                    || others.iter().any(|other| other.name == **name && other.has(&demand.carrier))
            })
            .collect();
        let place = sharing.iter().position(|name| *name == node).unwrap_or(0);
        let fair = share(demand.binds, sharing.len(), place);
        let taken = links.entry(demand.carrier.as_str().to_owned()).or_default();
        let kept = keep(tx, node, demand, fair, taken).await?;
        passed |= kept.gave_up;
        allowed.push(kept.links.min(fair));
    }
    let elsewhere: BTreeSet<_> =
        others.iter().flat_map(|other| &other.carriers).filter(|has| has.up).collect();
    let elsewhere = elsewhere.into_iter().map(|has| CarrierName::new(&has.name)).collect();
    if passed || !gone.is_empty() || known.is_none_or(|known| known.carriers != has) {
        tx.notify(Changed { links: true, ..Changed::default() });
    }
    if freed > 0 {
        tx.notify(Changed { chunks: true, events: true, ..Changed::default() });
    }
    Ok(LinkLease { allowed, elsewhere, now: clock, gone: gone.len(), freed })
}

pub(crate) async fn leave(tx: &mut impl Tx, node: &str) -> Result<()> {
    tx.lock(AdvisoryLock::ShareLinks).await?;
    remove(tx, node).await?;
    tx.notify(Changed { links: true, ..Changed::default() });
    Ok(())
}

/// The share of the node at this place, of `binds` links over `nodes` nodes.
fn share(binds: u32, nodes: usize, place: usize) -> u32 {
    let nodes = u32::try_from(nodes.max(1)).unwrap_or(u32::MAX);
    let place = u32::try_from(place).unwrap_or(u32::MAX);
    binds / nodes + u32::from(place < binds % nodes)
}

/// A carrier of a node, and whether the node can submit to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Has {
    name: String,
    up: bool,
}

impl Has {
    fn of(demand: &LinkDemand) -> Self {
        Self { name: demand.carrier.as_str().to_owned(), up: demand.up }
    }
}

struct Node {
    name: String,
    carriers: Vec<Has>,
    until: Timestamp,
}

impl Node {
    fn has(&self, carrier: &CarrierName) -> bool {
        self.carriers.iter().any(|has| has.name == carrier.as_str())
    }
}

/// One line per carrier: `+` or `-`, and its name.
fn lines(has: &[Has]) -> String {
    let line = |has: &Has| format!("{}{}\n", if has.up { '+' } else { '-' }, has.name);
    has.iter().map(line).collect()
}

fn read_lines(lines: &str) -> Vec<Has> {
    let read = |line: &str| {
        let up = line.starts_with('+');
        line.get(1..).map(|name| Has { name: name.to_owned(), up })
    };
    lines.lines().filter_map(read).collect()
}

/// Nodes, those that joined first first.
async fn nodes(tx: &mut impl Tx) -> Result<Vec<Node>> {
    let rows = tx.query("SELECT name, carriers, until FROM nodes ORDER BY since, name", []).await?;
    rows.into_iter()
        .map(|mut row| {
            let (name, carriers) = (row.get()?, read_lines(&row.get::<String>()?));
            Ok(Node { name, carriers, until: row.get()? })
        })
        .collect()
}

async fn add(
    tx: &mut impl Tx,
    node: &str,
    has: &[Has],
    since: Timestamp,
    until: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO nodes (name, carriers, since, until) VALUES (?1, ?2, ?3, ?4)",
        params![node, &lines(has), since, until],
    )
    .await
    .map(drop)
}

async fn renew(tx: &mut impl Tx, node: &str, has: &[Has], until: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE nodes SET carriers = ?2, until = ?3 WHERE name = ?1",
        params![node, &lines(has), until],
    )
    .await
    .map(drop)
}

async fn remove(tx: &mut impl Tx, node: &str) -> Result<()> {
    tx.execute("DELETE FROM link_leases WHERE node = ?1", params![node]).await?;
    tx.execute("DELETE FROM nodes WHERE name = ?1", params![node]).await.map(drop)
}

/// Links in use by carrier, with their nodes.
type Links = BTreeMap<String, BTreeMap<u32, String>>;

async fn links(tx: &mut impl Tx) -> Result<Links> {
    let rows = tx.query("SELECT carrier, bind, node FROM link_leases", []).await?;
    let mut links = Links::new();
    for mut row in rows {
        let (carrier, bind, node) = (row.get()?, row.get()?, row.get()?);
        links.entry(carrier).or_default().insert(bind, node);
    }
    Ok(links)
}

struct Kept {
    /// The node's links after this change.
    links: u32,
    gave_up: bool,
}

/// Takes free links up to the node's share, and releases closed ones beyond it.
async fn keep(
    tx: &mut impl Tx,
    node: &str,
    demand: &LinkDemand,
    fair: u32,
    taken: &BTreeMap<u32, String>,
) -> Result<Kept> {
    let mut own: Vec<u32> =
        taken.iter().filter(|(_, of)| *of == node).map(|(bind, _)| *bind).collect();
    let most = usize::try_from(fair.max(demand.open)).unwrap_or(usize::MAX);
    let over = own.split_off(own.len().min(most));
    let wanted = usize::try_from(fair).unwrap_or(usize::MAX).saturating_sub(own.len());
    let new: Vec<u32> =
        (0..demand.binds).filter(|bind| !taken.contains_key(bind)).take(wanted).collect();
    let carrier = demand.carrier.as_str();
    let rows: Vec<_> = over.iter().map(|bind| params![carrier, *bind]).collect();
    tx.execute_many("DELETE FROM link_leases WHERE carrier = ?1 AND bind = ?2", &rows).await?;
    let rows: Vec<_> = new.iter().map(|bind| params![carrier, *bind, node]).collect();
    tx.execute_many("INSERT INTO link_leases (carrier, bind, node) VALUES (?1, ?2, ?3)", &rows)
        .await?;
    own.extend(new);
    let links = u32::try_from(own.len()).unwrap_or(u32::MAX);
    Ok(Kept { links, gave_up: !over.is_empty() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_even_and_add_up() {
        for binds in 0..20 {
            for nodes in 1..9 {
                let shares: Vec<_> = (0..nodes).map(|place| share(binds, nodes, place)).collect();
                assert_eq!(shares.iter().sum::<u32>(), binds);
                assert!(shares[0] - shares[nodes - 1] <= 1, "{binds} over {nodes}: {shares:?}");
            }
        }
    }

    #[test]
    fn reads_the_lines_it_writes() {
        let has = |name: &str, up| Has { name: name.to_owned(), up };
        let all = vec![has("main", true), has("-odd name", false)];
        assert_eq!(read_lines(&lines(&all)), all);
        assert_eq!(read_lines(""), []);
    }
}
