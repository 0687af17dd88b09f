//! Receipts without a submission: their number per carrier is limited.

use domain::ports::{Receipt, ReceiptScope, ReceiptState};
use domain::routing::CarrierName;
use testkit::clock::NOON;

use crate::fixture::Database;

fn receipt(carrier: &str, id: u32) -> Receipt {
    Receipt {
        carrier: CarrierName::new(carrier),
        carrier_id: id.to_string(),
        state: ReceiptState::Delivered,
        code: None,
        to: None,
        at: NOON,
        unmarked: None,
        scope: ReceiptScope::Part,
    }
}

#[tokio::test]
async fn the_oldest_parked_receipts_go_when_there_are_too_many() {
    let database = Database::new();
    let store = database.open().await;
    let park = |receipts| store.record_receipts(receipts, NOON, None);
    park(vec![receipt("quiet", 0)]).await.unwrap();
    park((0..100_000).map(|id| receipt("loud", id)).collect()).await.unwrap();
    let kept = || -> Vec<(String, u32, u32)> {
        let sql = "SELECT carrier, count(*), min(CAST(carrier_id AS INTEGER)) FROM parked_receipts
                   GROUP BY carrier";
        let outside = database.connect();
        let mut statement = outside.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    let quiet = ("quiet".to_owned(), 1, 0);
    assert_eq!(kept(), [("loud".to_owned(), 100_000, 0), quiet.clone()]);
    // A repeat takes no space.
    park(vec![receipt("loud", 99_999)]).await.unwrap();
    assert_eq!(kept(), [("loud".to_owned(), 100_000, 0), quiet.clone()]);
    park((100_000..100_003).map(|id| receipt("loud", id)).collect()).await.unwrap();
    assert_eq!(kept(), [("loud".to_owned(), 100_000, 3), quiet]);
}
