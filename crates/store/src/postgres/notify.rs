//! Notifications between nodes: a change that stores work for others sends one with its commit, and
//! each node has one connection that listens.
//!
//! A notification is `sender kinds`, a letter for each kind; a node ignores its own. Nothing
//! depends on a notification: the workers' timers find the work of a missed one, and after every
//! new connection all kinds count as changed. The server serializes commits that notify, so a
//! change sends one notification at most, and a node a few per second of each kind.

use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use domain::limits::NOTIFY_EVERY;
use domain::ports::Changed;
use futures_util::{StreamExt, stream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::tls::{NoTls, TlsStream};
use tokio_postgres::{AsyncMessage, Client, Connection, Socket};

use super::connect::PRESENCE;
use super::error::chain;
use super::url::Server;

const CHANNEL: &str = "boltgram";

const RECONNECT_MIN: Duration = Duration::from_millis(250);
const RECONNECT_MAX: Duration = Duration::from_secs(10);

/// Limit for a new connection to start listening.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct NodeNotifier {
    /// Distinguishes our own notifications from those of other nodes.
    sender: String,
    sent: Mutex<Sent>,
    heard: Arc<Heard>,
    listening: OnceLock<JoinHandle<()>>,
}

/// When each kind was last sent.
#[derive(Default)]
struct Sent {
    chunks: Option<Instant>,
    orders: Option<Instant>,
    events: Option<Instant>,
}

#[derive(Default)]
struct Heard {
    changed: Mutex<Changed>,
    signal: Notify,
}

impl Drop for NodeNotifier {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.get() {
            listening.abort();
        }
    }
}

impl NodeNotifier {
    pub(super) fn new() -> Self {
        Self {
            sender: format!("{:016x}", RandomState::new().hash_one(0)),
            sent: Mutex::default(),
            heard: Arc::default(),
            listening: OnceLock::new(),
        }
    }

    /// The statement to send before a change's COMMIT, if a notification of `changed` is due.
    pub(super) fn statement(&self, changed: Changed, now: Instant) -> Option<String> {
        let changed = {
            let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            Changed {
                chunks: changed.chunks && due(&mut sent.chunks, now),
                orders: changed.orders && due(&mut sent.orders, now),
                events: changed.events && due(&mut sent.events, now),
                links: changed.links,
                numbers: changed.numbers,
            }
        };
        let statement = || format!("NOTIFY {CHANNEL}, '{} {}'", self.sender, kinds(changed));
        (!changed.is_none()).then(statement)
    }

    /// See [`domain::ports::LinkStore::changed`]. The first call starts listening.
    #[expect(clippy::disallowed_methods, reason = "lives and ends with the store")]
    pub(super) async fn changed(&self, server: &Server) -> Changed {
        self.listening.get_or_init(|| {
            let (server, sender, heard) = (server.clone(), self.sender.clone(), self.heard.clone());
            tokio::spawn(async move { keep_listening(&server, &sender, &heard).await })
        });
        loop {
            let signal = self.heard.signal.notified();
            let changed = std::mem::take(&mut *self.heard.lock());
            if !changed.is_none() {
                return changed;
            }
            signal.await;
        }
    }
}

/// Whether none was sent recently; if so, counts this one as sent.
fn due(sent: &mut Option<Instant>, now: Instant) -> bool {
    let due = sent.is_none_or(|at| now.duration_since(at) >= NOTIFY_EVERY);
    if due {
        *sent = Some(now);
    }
    due
}

fn kinds(changed: Changed) -> String {
    let Changed { chunks, orders, events, links, numbers } = changed;
    let letters = [(chunks, 'c'), (orders, 'o'), (events, 'e'), (links, 'l'), (numbers, 'n')];
    letters.into_iter().filter(|(sent, _)| *sent).map(|(_, letter)| letter).collect()
}

/// The kinds that this version knows; a later version may send others.
fn read(payload: &str, own: &str) -> Changed {
    match payload.split_once(' ') {
        Some((sender, kinds)) if sender != own => Changed {
            chunks: kinds.contains('c'),
            orders: kinds.contains('o'),
            events: kinds.contains('e'),
            links: kinds.contains('l'),
            numbers: kinds.contains('n'),
        },
        _ => Changed::default(),
    }
}

impl Heard {
    fn lock(&self) -> std::sync::MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, changed: Changed) {
        if !changed.is_none() {
            let mut known = self.lock();
            *known = known.and(changed);
            drop(known);
            self.signal.notify_one();
        }
    }
}

async fn keep_listening(server: &Server, own: &str, heard: &Heard) {
    let mut wait = RECONNECT_MIN;
    loop {
        let begun = Instant::now();
        let why = match &server.tls {
            Some(tls) => match server.config.connect(tls.clone()).await {
                Ok((client, connection)) => listen(client, connection, own, heard).await,
                Err(error) => chain(&error),
            },
            None => match server.config.connect(NoTls).await {
                Ok((client, connection)) => listen(client, connection, own, heard).await,
                Err(error) => chain(&error),
            },
        };
        tracing::debug!(error = why, "could not listen to other nodes; trying again");
        wait = if begun.elapsed() > RECONNECT_MAX { RECONNECT_MIN } else { wait * 2 };
        wait = wait.min(RECONNECT_MAX);
        sleep(wait).await;
    }
}

/// Listens until the connection ends.
async fn listen<T>(
    client: Client,
    mut connection: Connection<Socket, T>,
    own: &str,
    heard: &Heard,
) -> String
where
    T: TlsStream + Unpin,
{
    let mut messages = pin!(stream::poll_fn(move |context| connection.poll_message(context)));
    let listen = format!("{PRESENCE}; LISTEN {CHANNEL}");
    let mut asked = pin!(timeout(LISTEN_TIMEOUT, client.batch_execute(&listen)));
    let mut listens = false;
    loop {
        tokio::select! {
            answer = &mut asked, if !listens => match answer {
                Ok(Ok(())) => {
                    listens = true;
                    // Notifications may have been missed before.
                    heard.note(Changed::ALL);
                }
                Ok(Err(error)) => return chain(&error),
                Err(_) => return "no answer in time".to_owned(),
            },
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(sent))) => heard.note(read(sent.payload(), own)),
                Some(Ok(_)) => {}
                Some(Err(error)) => return chain(&error),
                None => return "closed".to_owned(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_a_kind_a_few_times_a_second_at_most() {
        let (notifier, other, now) = (NodeNotifier::new(), NodeNotifier::new(), Instant::now());
        let chunks = Changed { chunks: true, ..Changed::default() };
        let all = chunks.and(Changed { events: true, links: true, ..Changed::default() });
        let sent = notifier.statement(chunks, now).unwrap();
        assert!(sent.starts_with("NOTIFY boltgram, '") && sent.ends_with(" c'"), "{sent}");
        assert_eq!(notifier.statement(chunks, now), None);
        assert!(notifier.statement(all, now).unwrap().ends_with(" el'"));
        assert!(notifier.statement(all, now).unwrap().ends_with(" l'"), "links pass at any time");
        assert!(notifier.statement(all, now + NOTIFY_EVERY).unwrap().ends_with(" cel'"));
        assert!(other.statement(chunks, now).is_some());
        assert_eq!(notifier.statement(Changed::default(), now), None);
    }

    #[test]
    fn ignores_its_own_notifications() {
        let payload = format!("one {}", kinds(Changed::ALL));
        assert_eq!(read(&payload, "two"), Changed::ALL);
        for nothing in [payload.as_str(), "two x", "c", ""] {
            assert_eq!(read(nothing, "one"), Changed::default(), "{nothing}");
        }
    }
}
