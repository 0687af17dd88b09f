//! Room for calls to suppliers. Each supplier has its own, so that one that does not answer holds up none
//! of the others. A supplier that let a call time out rests, longer after each further one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::activation::SupplierName;
use domain::limits::{SUPPLIER_CALLS_MAX, SUPPLIER_QUEUE_MAX, SUPPLIER_TIMEOUT};
use domain::ports::{PortError, Supplier};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The first and the longest rest of a supplier that did not answer.
const REST_MIN: Duration = Duration::from_secs(2);
const REST_MAX: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Calls(HashMap<SupplierName, Room>);

#[derive(Debug)]
struct Room {
    calls: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    rest: Mutex<Rest>,
}

#[derive(Debug)]
struct Rest {
    /// Of the last rest.
    length: Duration,
    until: Instant,
}

/// A place in a supplier's queue.
#[derive(Debug)]
pub(super) struct Place {
    calls: Arc<Semaphore>,
    queued: OwnedSemaphorePermit,
}

impl Place {
    /// `None`: the calls before it took too long.
    pub(super) async fn wait(self) -> Option<OwnedSemaphorePermit> {
        let call = tokio::time::timeout(SUPPLIER_TIMEOUT, self.calls.acquire_owned()).await;
        drop(self.queued);
        call.ok()?.ok()
    }
}

impl Calls {
    pub(super) fn new(suppliers: &[Arc<dyn Supplier>]) -> Self {
        let room = |supplier: &Arc<dyn Supplier>| (supplier.name().clone(), Room::new());
        Self(suppliers.iter().map(room).collect())
    }

    /// `None`: the supplier rests, or too much waits for it.
    pub(super) fn place(&self, supplier: &SupplierName) -> Option<Place> {
        let room = self.0.get(supplier).filter(|room| !room.rests())?;
        let queued = room.queue.clone().try_acquire_owned().ok()?;
        Some(Place { calls: room.calls.clone(), queued })
    }

    pub(super) fn rests(&self, supplier: &SupplierName) -> bool {
        self.0.get(supplier).is_some_and(Room::rests)
    }

    /// Calls a supplier. An answer that takes too long is unknown.
    pub(super) async fn call<T>(
        &self,
        supplier: &dyn Supplier,
        call: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        let name = supplier.name();
        let answer = tokio::time::timeout(SUPPLIER_TIMEOUT, call).await;
        if let Some(room) = self.0.get(name) {
            match &answer {
                Ok(_) => room.rest().length = Duration::ZERO,
                Err(_) => room.begin_rest(name),
            }
        }
        let late = |_| Err(PortError::Unknown("the supplier did not answer in time".to_owned()));
        answer.unwrap_or_else(late)
    }
}

impl Room {
    fn new() -> Self {
        Self {
            calls: Arc::new(Semaphore::new(SUPPLIER_CALLS_MAX)),
            queue: Arc::new(Semaphore::new(SUPPLIER_QUEUE_MAX)),
            rest: Mutex::new(Rest { length: Duration::ZERO, until: Instant::now() }),
        }
    }

    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rests(&self) -> bool {
        Instant::now() < self.rest().until
    }

    /// Calls that time out together are one reason to rest.
    fn begin_rest(&self, name: &SupplierName) {
        let (mut rest, now) = (self.rest(), Instant::now());
        if now < rest.until {
            return;
        }
        rest.length = (rest.length * 2).clamp(REST_MIN, REST_MAX);
        rest.until = now + rest.length;
        let seconds = rest.length.as_secs();
        tracing::warn!(supplier = %name, seconds, "did not answer in time and is not called for a while");
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake_supplier::FakeSupplier;
    use super::*;

    type Suppliers = (Arc<FakeSupplier>, Arc<FakeSupplier>);

    fn two() -> (Calls, Suppliers) {
        let (one, two) = (FakeSupplier::new("one"), FakeSupplier::new("two"));
        (Calls::new(&[one.clone(), two.clone()]), (one, two))
    }

    async fn times_out(calls: &Calls, supplier: &dyn Supplier) {
        let never = std::future::pending::<Result<(), PortError>>();
        assert!(matches!(calls.call(supplier, never).await, Err(PortError::Unknown(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_supplier_that_lets_calls_time_out_rests_longer_each_time_and_alone() {
        let (calls, (one, two)) = two();
        for rest in [2, 4, 8, 16, 30, 30] {
            tokio::join!(times_out(&calls, &*one), times_out(&calls, &*one));
            assert!(calls.place(one.name()).is_none() && calls.place(two.name()).is_some());
            tokio::time::advance(Duration::from_secs(rest) - Duration::from_millis(1)).await;
            assert!(calls.rests(one.name()));
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(!calls.rests(one.name()), "{rest} s are over");
        }
        assert_eq!(calls.call(&*one, async { Ok(1) }).await, Ok(1));
        times_out(&calls, &*one).await;
        tokio::time::advance(REST_MIN).await;
        assert!(calls.place(one.name()).is_some(), "it had answered in between");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_of_one_supplier_are_bounded_and_leave_room_for_the_others() {
        let (calls, (one, two)) = two();
        let mut under_way = Vec::new();
        for _ in 0..SUPPLIER_CALLS_MAX {
            under_way.push(calls.place(one.name()).unwrap().wait().await.unwrap());
        }
        assert!(calls.place(two.name()).unwrap().wait().await.is_some());
        let waits = calls.place(one.name()).unwrap().wait();
        let (next, ()) = tokio::join!(waits, async { drop(under_way.pop()) });
        assert!(next.is_some(), "a call that ends begins the next");
        let late = calls.place(one.name()).unwrap();
        assert!(late.wait().await.is_none(), "nothing ended in time");
    }

    #[test]
    fn what_waits_for_a_supplier_is_bounded() {
        let (calls, (one, two)) = two();
        let places: Vec<_> = (0..SUPPLIER_QUEUE_MAX).map(|_| calls.place(one.name())).collect();
        assert!(places.iter().all(Option::is_some) && calls.place(one.name()).is_none());
        assert!(calls.place(two.name()).is_some());
        drop(places);
        assert!(calls.place(one.name()).is_some());
    }
}
