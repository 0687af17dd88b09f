//! NodeNotifier between nodes: a change that stores work for others says so on one channel, with its commit,
//! and each node that asks has one connection that listens.
//!
//! A word is `sender kinds`, a letter for each kind; a node's own are passed over. Nothing depends on
//! one: what was not heard is found by the workers' rounds, and after every new connection all kinds
//! are looked for. Commits that notify take turns on the server, so there is one word at most for a
//! change, and of one kind no more than some a second from one node.

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

/// For a new connection to be there and listen.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct NodeNotifier {
    /// Tells our own words from others'.
    sender: String,
    said: Mutex<Said>,
    heard: Arc<Heard>,
    listening: OnceLock<JoinHandle<()>>,
}

/// When each kind was last said.
#[derive(Default)]
struct Said {
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
            said: Mutex::default(),
            heard: Arc::default(),
            listening: OnceLock::new(),
        }
    }

    /// What goes before the COMMIT of a change that `changed` this, if it is to be said.
    pub(super) fn say(&self, changed: Changed, now: Instant) -> Option<String> {
        let changed = {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            Changed {
                chunks: changed.chunks && due(&mut said.chunks, now),
                orders: changed.orders && due(&mut said.orders, now),
                events: changed.events && due(&mut said.events, now),
                links: changed.links,
            }
        };
        let word = || format!("NOTIFY {CHANNEL}, '{} {}'", self.sender, kinds(changed));
        (!changed.is_none()).then(word)
    }

    /// See [`domain::ports::LinkStore::changed`]. The first who asks has it listen.
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

/// Whether it was not said just now. Then it counts as said.
fn due(said: &mut Option<Instant>, now: Instant) -> bool {
    let due = said.is_none_or(|at| now.duration_since(at) >= NOTIFY_EVERY);
    if due {
        *said = Some(now);
    }
    due
}

fn kinds(changed: Changed) -> String {
    let Changed { chunks, orders, events, links } = changed;
    let letters = [(chunks, 'c'), (orders, 'o'), (events, 'e'), (links, 'l')];
    letters.into_iter().filter(|(said, _)| *said).map(|(_, letter)| letter).collect()
}

/// Of a later version's words what is known here.
fn read(word: &str, own: &str) -> Changed {
    match word.split_once(' ') {
        Some((sender, kinds)) if sender != own => Changed {
            chunks: kinds.contains('c'),
            orders: kinds.contains('o'),
            events: kinds.contains('e'),
            links: kinds.contains('l'),
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
        tracing::debug!(error = why, "no connection that listens to other nodes; trying again");
        wait = if begun.elapsed() > RECONNECT_MAX { RECONNECT_MIN } else { wait * 2 };
        wait = wait.min(RECONNECT_MAX);
        sleep(wait).await;
    }
}

/// Until the connection ends.
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
                    // Whatever was said before.
                    heard.note(Changed::ALL);
                }
                Ok(Err(error)) => return chain(&error),
                Err(_) => return "no answer in time".to_owned(),
            },
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(word))) => heard.note(read(word.payload(), own)),
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
    fn says_a_kind_no_more_than_some_times_a_second() {
        let (words, other, now) = (NodeNotifier::new(), NodeNotifier::new(), Instant::now());
        let chunks = Changed { chunks: true, ..Changed::default() };
        let all = chunks.and(Changed { events: true, links: true, ..Changed::default() });
        let said = words.say(chunks, now).unwrap();
        assert!(said.starts_with("NOTIFY boltgram, '") && said.ends_with(" c'"), "{said}");
        assert_eq!(words.say(chunks, now), None);
        assert!(words.say(all, now).unwrap().ends_with(" el'"));
        assert!(words.say(all, now).unwrap().ends_with(" l'"), "links pass at any time");
        assert!(words.say(all, now + NOTIFY_EVERY).unwrap().ends_with(" cel'"));
        assert!(other.say(chunks, now).is_some());
        assert_eq!(words.say(Changed::default(), now), None);
    }

    #[test]
    fn hears_others_and_not_itself() {
        let word = format!("one {}", kinds(Changed::ALL));
        assert_eq!(read(&word, "two"), Changed::ALL);
        for nothing in [word.as_str(), "two x", "c", ""] {
            assert_eq!(read(nothing, "one"), Changed::default(), "{nothing}");
        }
    }
}
