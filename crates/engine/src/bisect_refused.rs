//! Bisects a batch that the store refuses as a whole, so that only the bad items are refused in the
//! end: one bad item among thousands is found in a dozen steps.

use domain::ports::PortError;

/// A store that takes a batch as a whole or refuses it.
pub(crate) trait Keep<T>: Sync {
    type Kept: Send;

    fn keep(&self, batch: Vec<T>) -> impl Future<Output = Result<Self::Kept, PortError>> + Send;
}

/// A run of the batch, and its result.
pub(crate) type Run<T, K> = (Vec<T>, Result<K, PortError>);

/// Stores the batch and returns its runs in order. A refused run has a single item; other errors
/// are returned as they are, because no item causes them.
pub(crate) async fn keep<T, S>(batch: Vec<T>, store: &S) -> Vec<Run<T, S::Kept>>
where
    T: Clone + Send,
    S: Keep<T>,
{
    let (mut left, mut runs) = (vec![batch], Vec::new());
    while let Some(mut run) = left.pop() {
        match store.keep(run.clone()).await {
            Err(PortError::Refused(_) | PortError::Conflict(_)) if run.len() > 1 => {
                let rest = run.split_off(run.len() / 2);
                left.extend([rest, run]);
            }
            kept => runs.push((run, kept)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Refuses batches with any of these items, and counts its calls.
    struct Picky(Vec<u32>, Mutex<usize>);

    impl Keep<u32> for Picky {
        type Kept = usize;

        async fn keep(&self, batch: Vec<u32>) -> Result<usize, PortError> {
            *self.1.lock().unwrap() += 1;
            if batch.iter().any(|number| self.0.contains(number)) {
                return Err(PortError::Refused("bad".to_owned()));
            }
            Ok(batch.len())
        }
    }

    #[tokio::test]
    async fn all_but_the_bad_ones_are_kept_in_their_order_and_soon() {
        let store = Picky(vec![7, 400], Mutex::default());
        let runs = keep((0..1_000).collect(), &store).await;
        let all: Vec<u32> = runs.iter().flat_map(|(run, _)| run.iter().copied()).collect();
        assert_eq!(all, (0..1_000).collect::<Vec<_>>());
        let refused: Vec<_> = runs.iter().filter(|(_, kept)| kept.is_err()).collect();
        assert_eq!(refused.len(), 2);
        assert_eq!((&refused[0].0[..], &refused[1].0[..]), (&[7][..], &[400][..]));
        assert!(*store.1.lock().unwrap() < 50);
    }

    struct Away;

    impl Keep<u32> for Away {
        type Kept = ();

        async fn keep(&self, batch: Vec<u32>) -> Result<(), PortError> {
            assert_eq!(batch.len(), 9, "stored once");
            Err(PortError::Unavailable("away".to_owned()))
        }
    }

    #[tokio::test]
    async fn what_is_nobodys_fault_is_told_at_once() {
        let [(run, kept)] = keep((0..9).collect(), &Away).await.try_into().unwrap();
        assert_eq!((run.len(), kept), (9, Err(PortError::Unavailable("away".to_owned()))));
    }
}
