//! A stolen database file reveals no preimage and no signing secret.

use domain::id::OrderId;
use domain::money::Msat;
use domain::ports::Store;
use domain::sale::order::{NewOrder, Payment};
use domain::secret::Preimage;
use testkit::clock::NOON;

use crate::fixture::{CAPS, Database, account, credit_order, spend};

const LIGHTNING: OrderId = OrderId::new([3; 32]);
const PREIMAGE: [u8; 32] = *b"thirty-two bytes of a preimage..";

async fn fill(store: &dyn Store) {
    let payer = account(store, Msat::new(10_000)).await;
    let (order, message) = credit_order(payer, 1);
    spend(store, order.clone(), message).await.unwrap();
    let preimage = Preimage::new(PREIMAGE);
    let lightning = NewOrder {
        id: LIGHTNING,
        payment: Payment::Lightning { preimage, invoice: None, pay_by: NOON },
        ..order
    };
    let id = lightning.id;
    store.add_order(lightning, CAPS, NOON).await.unwrap();
    store.claim_deliveries("one", NOON, NOON, 9).await.unwrap();
    let stored = store.order(id).await.unwrap().unwrap();
    let Payment::Lightning { preimage, .. } = stored.payment else { panic!() };
    assert_eq!(preimage.expose(), &PREIMAGE);
}

#[tokio::test]
async fn no_secret_is_in_the_files_in_clear() {
    let database = Database::new();
    let store = database.open().await;
    fill(&*store).await;
    let hex: String = PREIMAGE.iter().map(|byte| format!("{byte:02x}")).collect();
    let secrets: [&[u8]; 4] =
        [b"whsec_of_the_account", b"whsec_of_the_order", &PREIMAGE, hex.as_bytes()];
    let mut files = 0;
    for file in std::fs::read_dir(database.path().parent().unwrap()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        files += 1;
        for secret in secrets {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
    assert!(files >= 3, "database, write-ahead log, key");
    drop(store);
    let bytes = std::fs::read(database.path()).unwrap();
    let url = b"https://example.com/hook";
    assert!(bytes.windows(url.len()).any(|window| window == url), "the search itself works");
    for secret in secrets {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

#[tokio::test]
async fn a_sealed_value_does_not_open_in_another_row() {
    let database = Database::new();
    let store = database.open().await;
    fill(&*store).await;
    let outside = database.connect();
    let swapped = outside
        .execute(
            "UPDATE orders SET preimage = (SELECT sealed FROM vault_check) WHERE preimage NOTNULL",
            [],
        )
        .unwrap();
    assert_eq!(swapped, 1);
    let error = store.order(LIGHTNING).await.unwrap_err();
    assert!(error.to_string().contains("does not open"), "{error}");
}

#[tokio::test]
async fn nothing_that_is_printed_tells_a_secret() {
    let database = Database::new();
    assert_eq!(format!("{:?}", database.vault()), "Vault(…)");
    assert_eq!(format!("{:?}", database.open().await), "RowStore(SQLite)");
}
