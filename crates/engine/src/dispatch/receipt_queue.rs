//! The queue of receipts for recording: those of single messages come before those of campaigns.

use tokio::sync::mpsc::{self, Receiver, Sender};

/// The sending end.
#[derive(Debug)]
pub(super) struct ReceiptSender<T> {
    pub(super) urgent: Sender<T>,
    pub(super) others: Sender<T>,
}

/// The receiving end.
#[derive(Debug)]
pub(super) struct ReceiptQueue<T> {
    urgent: Receiver<T>,
    others: Receiver<T>,
}

pub(super) fn channel<T>(size: usize) -> (ReceiptSender<T>, ReceiptQueue<T>) {
    let ((urgent, urgent_queue), (others, queue)) = (mpsc::channel(size), mpsc::channel(size));
    (ReceiptSender { urgent, others }, ReceiptQueue { urgent: urgent_queue, others: queue })
}

impl<T> ReceiptQueue<T> {
    pub(super) async fn recv(&mut self) -> Option<T> {
        tokio::select! {
            biased;
            Some(next) = self.urgent.recv() => Some(next),
            Some(next) = self.others.recv() => Some(next),
            else => None,
        }
    }

    /// More for a batch that begins with `first`: until `size` is reached, urgent ones first, but at least one of the
    /// others, so that they are not blocked.
    pub(super) fn fill(&mut self, first: T, size: usize, count: impl Fn(&T) -> usize) -> Vec<T> {
        let mut total = count(&first);
        let mut batch = vec![first];
        let mut next = self.others.try_recv().or_else(|_| self.urgent.try_recv());
        while let Ok(more) = next {
            total += count(&more);
            batch.push(more);
            if total >= size {
                break;
            }
            next = self.urgent.try_recv().or_else(|_| self.others.try_recv());
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn urgent_ones_come_first_and_do_not_block_the_others() {
        let (sender, mut queue) = channel(16);
        for number in 0..6 {
            sender.others.send(number).await.unwrap();
            sender.urgent.send(100 + number).await.unwrap();
        }
        let first = queue.recv().await.unwrap();
        assert_eq!(queue.fill(first, 4, |_| 1), [100, 0, 101, 102]);
        let first = queue.recv().await.unwrap();
        assert_eq!(queue.fill(first, 100, |_| 1), [103, 1, 104, 105, 2, 3, 4, 5]);
        sender.urgent.send(7).await.unwrap();
        sender.urgent.send(8).await.unwrap();
        let first = queue.recv().await.unwrap();
        assert_eq!(queue.fill(first, 100, |_| 1), [7, 8]);
        drop(sender);
        assert_eq!(queue.recv().await, None);
    }
}
