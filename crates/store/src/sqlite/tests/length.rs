//! The log's length under load: it restarts while others read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::rig::{Database, Rig, rows};
use crate::sqlite::checkpoint::Lengths;

const LENGTHS: Lengths = Lengths { pass: 50, restart: 200, max: 800 };

/// A page and its frame header.
const FRAME_BYTES: u64 = 4_096 + 24;

/// Adds rows until this many pages are written.
async fn write(rig: &Rig, pages: usize) {
    for _ in 0..pages / 10 {
        assert_eq!(rig.add(10 * 4_096).await.unwrap(), Ok(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_stays_short_while_others_read() {
    let database = Database::new();
    let rig = Rig::with_lengths(&database, LENGTHS);
    let stop = Arc::new(AtomicBool::new(false));
    // Each read begins before the previous one ends.
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (stop, connection) = (stop.clone(), database.connect());
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    connection.execute_batch("BEGIN").unwrap();
                    rows(&connection);
                    connection.execute_batch("COMMIT").unwrap();
                }
            })
        })
        .collect();
    write(&rig, 16 * LENGTHS.max as usize).await;
    let longest = database.log_bytes();
    stop.store(true, Ordering::Relaxed);
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    assert!(longest <= 2 * u64::from(LENGTHS.max) * FRAME_BYTES, "{longest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_stays_only_delays_it() {
    let database = Database::new();
    let rig = Rig::with_lengths(&database, LENGTHS);
    rig.add(1).await.unwrap().unwrap();
    let reader = database.connect();
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(rows(&reader), 1);
    write(&rig, 2 * LENGTHS.restart as usize).await;
    assert!(rig.log_pages() > LENGTHS.restart, "what it reads is not overwritten");
    assert_eq!(rows(&reader), 1);
    reader.execute_batch("COMMIT").unwrap();
    let mut begun_anew = false;
    for _ in 0..50 {
        write(&rig, LENGTHS.pass as usize).await;
        begun_anew |= rig.log_pages() < LENGTHS.restart;
    }
    assert!(begun_anew);
}

#[tokio::test(flavor = "multi_thread")]
async fn is_folded_at_the_end() {
    let database = Database::new();
    let rig = Rig::with_lengths(&database, LENGTHS);
    write(&rig, 100).await;
    rig.close().await;
    assert!(!database.path().with_extension("db-wal").exists());
    assert_eq!(rows(&database.connect()), 10);
}
