//! Streams of phones: a phone keeps one open, which says what it is to fetch. It may have two for a moment.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::id::PhoneId;
use domain::limits::PHONE_STREAMS_MAX;
use tokio::sync::mpsc;

/// Pushes that wait for a slow phone. It fetches everything when it connects again.
const WAITING_MAX: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Push {
    /// The list of webhooks is to be fetched.
    WebhooksUpdated,
    SettingsUpdated,
    /// Texts to send are to be fetched.
    TextsWaiting,
    /// The phone's token is dead: the stream ends.
    End,
}

/// What is pushed to a phone.
#[derive(Debug)]
pub struct PhoneStream(mpsc::Receiver<Push>);

impl PhoneStream {
    /// `None`: the stream ends.
    pub async fn next(&mut self) -> Option<Push> {
        self.0.recv().await.filter(|push| *push != Push::End)
    }
}

#[derive(Debug, Default)]
pub(super) struct Streams(Mutex<HashMap<PhoneId, Vec<mpsc::Sender<Push>>>>);

impl Streams {
    /// Ends the oldest of too many: a network that drops leaves streams of which nobody knows that they ended.
    pub(super) fn open(&self, phone: PhoneId) -> PhoneStream {
        let mut streams = self.lock();
        streams.retain(|_, of| {
            of.retain(|stream| !stream.is_closed());
            !of.is_empty()
        });
        let of = streams.entry(phone).or_default();
        if of.len() >= PHONE_STREAMS_MAX {
            of.remove(0);
        }
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        of.push(sender);
        PhoneStream(receiver)
    }

    pub(super) fn are_open(&self) -> bool {
        self.lock().values().flatten().any(|stream| !stream.is_closed())
    }

    /// A stream that takes no more is closed: the phone connects again.
    pub(super) fn push(&self, phone: PhoneId, push: Push) {
        let mut streams = self.lock();
        if let Some(of) = streams.get_mut(&phone) {
            of.retain(|stream| stream.try_send(push).is_ok() && push != Push::End);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PhoneId, Vec<mpsc::Sender<Push>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: PhoneId = PhoneId(1);

    #[tokio::test]
    async fn pushes_to_every_stream_of_the_phone_until_its_end() {
        let streams = Streams::default();
        let (mut first, mut second) = (streams.open(PHONE), streams.open(PHONE));
        let mut other = streams.open(PhoneId(2));
        streams.push(PHONE, Push::SettingsUpdated);
        streams.push(PHONE, Push::End);
        streams.push(PHONE, Push::WebhooksUpdated);
        for stream in [&mut first, &mut second] {
            assert_eq!(stream.next().await, Some(Push::SettingsUpdated));
            assert_eq!(stream.next().await, None);
        }
        assert!(
            tokio::time::timeout(std::time::Duration::from_millis(1), other.next()).await.is_err()
        );
    }

    #[tokio::test]
    async fn a_phone_has_few_streams_of_which_the_oldest_and_a_slow_one_end() {
        let streams = Streams::default();
        let mut open: Vec<_> = (0..=PHONE_STREAMS_MAX).map(|_| streams.open(PHONE)).collect();
        assert_eq!(open.remove(0).next().await, None, "the oldest");
        for _ in 0..=WAITING_MAX {
            streams.push(PHONE, Push::SettingsUpdated);
        }
        for _ in 0..WAITING_MAX {
            assert_eq!(open[0].next().await, Some(Push::SettingsUpdated));
        }
        assert_eq!(open[0].next().await, None);
    }
}
