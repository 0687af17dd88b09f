//! One session of the simulator: answers messages as they arrive, and sends receipts within the session's window.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use smpp::CommandStatus;
use smpp::link::{Events, Handle, Peer};
use smpp::pdu::{SubmitSm, TlvBuf};
use smpp::server::{BindAttempt, Handler};
use smpp::session::{Answers, Event, Requests};
use tokio::time::Instant;

use super::centre::{Centre, Owed, write};

/// Receipts in one batch.
const BATCH: usize = 512;

#[derive(Debug)]
pub(super) struct Desk(pub(super) Arc<Centre>);

/// Receipts in flight.
#[derive(Debug, Default)]
struct Open(Mutex<HashMap<u64, Owed>>);

impl Open {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Owed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handler for Desk {
    async fn bind(&self, _: &BindAttempt) -> Result<(), CommandStatus> {
        Ok(())
    }

    async fn session(&self, peer: Peer, handle: Handle, mut events: Events) {
        let centre = &*self.0;
        let client = centre.session_began(&peer.system_id);
        let open = Open::default();
        let answering = async {
            while let Some(batch) = events.next().await {
                let (answers, owed, taken) = answer(centre, batch, &open);
                client.handed_over(taken);
                // The last events arrive after the session has ended.
                let _ = handle.answer(answers).await;
                // Not earlier: a receipt must not overtake the response with its id.
                centre.owe(owed);
            }
        };
        let delivering = async {
            if peer.kind.may_deliver() {
                deliver(centre, &handle, &open).await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! { () = answering => {}, () = delivering => {} }
        client.session_ended();
        let left: Vec<Owed> = open.lock().drain().map(|(_, owed)| owed).collect();
        left.into_iter().for_each(|owed| centre.owe_again(owed, false));
        centre.grown.notify_one();
    }
}

/// The responses, the receipts to send, and the number of accepted messages.
fn answer(centre: &Centre, batch: Vec<Event>, open: &Open) -> (Answers, Vec<Owed>, u64) {
    let (mut answers, mut owed, mut taken) = (Answers::new(), Vec::new(), 0);
    let (tally, now) = (centre.tally(), Instant::now());
    for event in batch {
        match event {
            Event::Request { ticket, pdu } => match pdu.decode::<SubmitSm<'_>>() {
                Ok(sm) => {
                    let id = centre.take(&sm, now, tally.as_deref(), &mut owed);
                    taken += 1;
                    // An id of sixteen octets always fits.
                    let _ = answers.submitted(ticket, &id);
                }
                Err(error) => answers.refuse(ticket, error.status()),
            },
            Event::Response { token, pdu, .. } | Event::LateResponse { token, pdu } => {
                let Some(owed) = open.lock().remove(&token) else { continue };
                if pdu.status() == CommandStatus::ROK {
                    centre.taken();
                } else {
                    centre.owe_again(owed, true);
                }
            }
            Event::Failed { token, .. } => {
                if let Some(owed) = open.lock().remove(&token) {
                    centre.owe_again(owed, false);
                }
            }
            Event::Bound(_) | Event::BindRequested(_) | Event::Alert(_) => {}
        }
    }
    (answers, owed, taken)
}

/// Runs until the session ends.
async fn deliver(centre: &Centre, handle: &Handle, open: &Open) {
    let mut texts = (Vec::with_capacity(200), TlvBuf::new());
    loop {
        let Ok(room) = handle.wait_room().await else { return };
        let due = match centre.due(room.min(BATCH), Instant::now()) {
            Ok(due) => due,
            Err(None) => {
                centre.grown.notified().await;
                continue;
            }
            Err(Some(at)) => {
                tokio::time::sleep_until(at).await;
                continue;
            }
        };
        if handle.submit(written(due, open, &mut texts)).await.is_err() {
            return;
        }
    }
}

fn written(due: Vec<Owed>, open: &Open, texts: &mut (Vec<u8>, TlvBuf)) -> Requests {
    let mut requests = Requests::with_capacity(due.len());
    let clock_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let clock_s = i64::try_from(clock_s).unwrap_or(0);
    let mut open = open.lock();
    for owed in due {
        // Addresses that were read from a PDU fit into one.
        if write(&owed, clock_s, texts, &mut requests).is_ok() {
            open.insert(owed.id, owed);
        }
    }
    requests
}
