//! Failed flushes: callers get no result that may be wrong, and later commits do not build on them.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use super::rig::{Database, Rig, is_unavailable, is_unknown, until};
use crate::sqlite::log::LogFile;
use crate::sqlite::repair::write_anew;

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_flush_the_log_is_written_anew() {
    let database = Database::new();
    let (rig, disk) = Rig::with_disk(&database);
    assert_eq!(rig.add(1).await.unwrap(), Ok(1));
    disk.fail(1);
    assert!(is_unknown(&rig.add(1).await.unwrap()));
    let read = rig.read().await;
    assert!(is_unavailable(&read), "{read:?}");
    assert_eq!(disk.written_anew(), 0);
    assert_eq!(rig.add(1).await.unwrap(), Ok(1));
    assert_eq!((disk.written_anew(), rig.read().await), (1, Ok(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_behind_a_failed_flush_is_unknown_too() {
    let database = Database::new();
    let (rig, disk) = Rig::with_disk(&database);
    disk.hold();
    let first = rig.add(1);
    until(|| disk.flushes() == 1).await;
    let second = rig.add(1);
    until(|| rig.rows() == 2).await;
    disk.fail(1);
    disk.let_go();
    assert!(is_unknown(&first.await.unwrap()) && is_unknown(&second.await.unwrap()));
    assert_eq!(disk.flushes(), 1, "a second flush would succeed although data are missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_more_is_done_on_a_disk_that_stays_silent() {
    let database = Database::new();
    let (rig, disk) = Rig::with_disk(&database);
    disk.fail(usize::MAX);
    assert!(is_unknown(&rig.add(1).await.unwrap()));
    for _ in 0..20 {
        assert!(is_unavailable(&rig.add(1).await.unwrap()));
    }
    assert_eq!(rig.rows(), 1, "unavailable means nothing happened");
    assert_eq!(disk.written_anew(), 1, "tried seldom");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_memory_lost_too_is_left_to_the_next_process() {
    let database = Database::new();
    let (rig, disk) = Rig::with_disk(&database);
    assert_eq!(rig.add(1).await.unwrap(), Ok(1));
    let good_bytes = database.log_bytes();
    disk.fail(1);
    assert!(is_unknown(&rig.add(1).await.unwrap()));
    // What the kernel returns after it dropped the page.
    let log = OpenOptions::new().write(true).open(database.path().with_extension("db-wal"));
    log.unwrap().write_all_at(&[0xff; 100], good_bytes + 1_000).unwrap();
    for _ in 0..3 {
        assert!(is_unavailable(&rig.add(1).await.unwrap()));
    }
    assert!(is_unavailable(&rig.read().await));
    rig.close().await;
    assert!(database.log_bytes() > good_bytes, "not checkpointed");

    let connection = database.connect();
    assert_eq!(super::rig::rows(&connection), 1, "acknowledged is stored, and the rest is whole");
    write_anew(&connection, &LogFile::of(&connection, &[]).unwrap()).unwrap();
    let check: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_written_anew_is_the_same() {
    let database = Database::new();
    let (rig, _) = Rig::with_disk(&database);
    for bytes in [1, 10_000, 1_000_000, 100] {
        assert_eq!(rig.add(bytes).await.unwrap(), Ok(1));
    }
    let path = database.path().with_extension("db-wal");
    let before = std::fs::read(&path).unwrap();
    let log = LogFile::of(&rig.outside, &[]).unwrap();
    write_anew(&rig.outside, &log).unwrap();
    assert!(std::fs::read(&path).unwrap() == before);
    assert_eq!(rig.read().await, Ok(4));
}
