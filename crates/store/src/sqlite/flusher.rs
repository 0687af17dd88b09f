//! Flushes the log behind the writer, and replies.
//!
//! ```text
//! writer    run 1 · COMMIT │ run 2 · COMMIT │ run 3 · COMMIT │ …
//!                          └─> bounded queue ─┐
//! flusher                  fdatasync 1 · replies │ fdatasync 2, 3 · replies │ …
//! ```
//!
//! One flush covers every group committed before it began. Replies keep the order of the commits.
//! After a failed flush Linux marks the pages as clean, and the next flush would succeed although data
//! are missing: every group up to the repair gets `Unknown`, without another flush.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use domain::ports::{PortError, StoreObserver};

use super::command::Command;
use super::durable::{Durable, Trust};
use super::log::Log;
use super::losses::Losses;

/// Committed groups queued for a flush, besides those being flushed. While the queue is full the
/// writer waits, and its next group grows.
pub(super) const GROUPS_MAX: usize = 1;

/// A group whose commands ran.
pub(super) struct Group {
    pub(super) number: u64,
    pub(super) commands: Vec<Box<dyn Command>>,
    pub(super) commit: Commit,
}

pub(super) enum Commit {
    /// Its frames are in the log.
    Written,
    /// It changed nothing.
    Empty,
    /// Nothing was stored, because of this error.
    Lost(PortError),
}

pub(super) struct Flusher {
    groups: Option<SyncSender<Group>>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    pub(super) fn start(
        log: Arc<dyn Log>,
        durable: Arc<Durable>,
        losses: Losses,
        observer: Option<Arc<dyn StoreObserver>>,
    ) -> std::io::Result<Self> {
        let (groups, queue) = sync_channel(GROUPS_MAX);
        let thread = thread::Builder::new()
            .name("store-flusher".to_owned())
            .spawn(move || run(&*log, &durable, losses, observer.as_deref(), &queue))?;
        Ok(Self { groups: Some(groups), thread: Some(thread) })
    }

    /// Waits while the queue is full.
    pub(super) fn send(&self, group: Group) {
        if let Some(groups) = &self.groups {
            // The thread ends early only by a bug; then the replies are dropped, and callers get an
            // unknown outcome.
            let _ = groups.send(group);
        }
    }
}

impl Drop for Flusher {
    /// Waits until all groups are flushed and their callers have replies.
    fn drop(&mut self) {
        self.groups = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(
    log: &dyn Log,
    durable: &Durable,
    mut losses: Losses,
    observer: Option<&dyn StoreObserver>,
    queue: &Receiver<Group>,
) {
    let _end = End(durable);
    let mut groups = Vec::with_capacity(GROUPS_MAX + 1);
    while let Ok(first) = queue.recv() {
        groups.push(first);
        groups.extend(queue.try_iter().take(GROUPS_MAX));
        let stored = flush(log, durable, observer, &groups);
        if let Some(last) = groups.last() {
            durable.flushed(last.number);
        }
        for group in groups.drain(..) {
            reply(group, stored.as_ref().err(), &mut losses);
        }
    }
}

/// Guard: if the thread panics, fails all callers that wait for a flush.
struct End<'a>(&'a Durable);

impl Drop for End<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.doubt(Trust::Gone);
            self.0.flushed(u64::MAX);
        }
    }
}

fn flush(
    log: &dyn Log,
    durable: &Durable,
    observer: Option<&dyn StoreObserver>,
    groups: &[Group],
) -> Result<(), PortError> {
    let written = groups.iter().any(|group| matches!(group.commit, Commit::Written));
    if written && durable.trust() == Trust::Whole {
        let begun = Instant::now();
        match (log.flush(), observer) {
            (Ok(()), Some(observer)) => observer.flushed(begun.elapsed()),
            (Ok(()), None) => {}
            (Err(error), _) => {
                tracing::error!(%error, "could not flush the log");
                durable.doubt(Trust::Doubtful);
            }
        }
    }
    match durable.trust() {
        // The frames may be in a file that nobody will find again.
        Trust::Whole if written => {
            log.check_presence().map_err(|gone| PortError::Unknown(gone.to_string()))
        }
        Trust::Whole => Ok(()),
        Trust::Doubtful | Trust::Gone => {
            Err(PortError::Unknown("the disk did not confirm the commit".to_owned()))
        }
    }
}

fn reply(group: Group, unconfirmed: Option<&PortError>, losses: &mut Losses) {
    let Group { commands, commit, .. } = group;
    let lost = match &commit {
        Commit::Lost(error) => Some(error),
        Commit::Written | Commit::Empty => unconfirmed,
    };
    match (lost, &commit) {
        (Some(error), _) => losses.lost(commands.len(), error, Instant::now()),
        (None, Commit::Written) if !commands.iter().all(|command| command.is_probe()) => {
            losses.succeeded();
        }
        (None, _) => {}
    }
    commands.into_iter().for_each(|command| command.finish(lost));
}
