//! New ids, from the ports' clock and randomness. All are ordered by time, so that rows stored
//! together are adjacent in an index.

use domain::id::OrderId;
use domain::ports::Random;
use domain::time::Timestamp;
use uuid::Uuid;

/// UUID v7 (RFC 9562 §5.7).
pub(crate) fn uuid_v7(random: &dyn Random, now: Timestamp) -> Uuid {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

pub(crate) fn order_id(random: &dyn Random, now: Timestamp) -> OrderId {
    OrderId::new(long_id(random, now))
}

/// The time in milliseconds, then 26 random bytes.
pub(crate) fn long_id(random: &dyn Random, now: Timestamp) -> [u8; 32] {
    let mut bytes = [0; 32];
    random.fill(&mut bytes[6..]);
    bytes[..6].copy_from_slice(&now.as_millis().to_be_bytes()[2..]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Sevens;
    impl Random for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn uuids_are_ordered_by_time() {
        let id = |millis| uuid_v7(&Sevens, Timestamp::from_millis(millis));
        assert!(id(1_700_000_000_000) < id(1_700_000_000_001));
        assert_eq!(id(1_700_000_000_000).get_version_num(), 7);
    }

    #[test]
    fn long_ids_are_ordered_by_time() {
        let id = |millis| long_id(&Sevens, Timestamp::from_millis(millis));
        assert!(id(1_700_000_000_000) < id(1_700_000_000_001));
        assert_eq!(id(0x0102_0304_0506)[..7], [1, 2, 3, 4, 5, 6, 7]);
    }
}
