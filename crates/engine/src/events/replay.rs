//! Events as operators see them: found, with their attempts, and delivered again.

use domain::account::operator::Actor;
use domain::event::Attempt;
use domain::id::EventId;
use domain::ports::{EventSearch, EventsFound, FoundEvent, PortError, Replay};

use super::Events;

#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("there is no such event")]
    NoSuchEvent,
    #[error("the event is still being delivered")]
    Pending,
    #[error("the replay could not be stored")]
    Store(#[source] PortError),
}

impl Events {
    pub async fn find(&self, search: EventSearch) -> Result<EventsFound, PortError> {
        self.context.store.find_events(search).await
    }

    /// An event and the log of its attempts, oldest first.
    pub async fn event(
        &self,
        id: EventId,
    ) -> Result<Option<(FoundEvent, Vec<Attempt>)>, PortError> {
        self.context.store.event(id).await
    }

    /// Delivers an event that has ended once more, with a new plan.
    pub async fn replay(&self, id: EventId, by: Actor) -> Result<(), ReplayError> {
        let replay = self.context.store.replay_event(id, by, self.context.now()).await;
        match replay.map_err(ReplayError::Store)? {
            Replay::Replayed => {
                self.context.wake.webhooks.notify_one();
                Ok(())
            }
            Replay::Pending => Err(ReplayError::Pending),
            Replay::NotFound => Err(ReplayError::NoSuchEvent),
        }
    }
}
