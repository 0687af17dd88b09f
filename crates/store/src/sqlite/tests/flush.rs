//! Replies and reads wait for the flush; the writer does not.

use super::rig::{Database, Rig, until};
use crate::sqlite::flusher::GROUPS_MAX;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_before_the_flush() {
    let database = Database::new();
    let (rig, disk) = Rig::with_disk(&database);
    disk.hold();
    let reply = rig.add(1);
    until(|| disk.flushes() == 1).await;
    assert_eq!(rig.rows(), 1, "it is committed");
    assert!(!reply.is_finished());
    disk.let_go();
    assert_eq!(reply.await.unwrap(), Ok(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_group_commits_during_a_flush_and_one_flush_covers_many() {
    let database = Database::new();
    let (rig, disk) = Rig::with_disk(&database);
    disk.hold();
    let first = rig.add(1);
    until(|| disk.flushes() == 1).await;
    let second = rig.add(1);
    until(|| rig.rows() == 2).await;
    assert!(!first.is_finished() && !second.is_finished());
    disk.let_go();
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (Ok(1), Ok(1)));
    assert_eq!(disk.flushes(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_writer_does_not_run_far_ahead_of_the_disk() {
    let database = Database::new();
    let (rig, disk) = Rig::with_disk(&database);
    disk.hold();
    let mut replies = vec![rig.add(1)];
    until(|| disk.flushes() == 1).await;
    // One group is being flushed, some are queued, one is committed and does not fit the queue.
    let ahead = 2 + i64::try_from(GROUPS_MAX).unwrap();
    for number in 2..=ahead {
        replies.push(rig.add(1));
        until(|| rig.rows() == number).await;
    }
    replies.push(rig.add(1));
    let more = until(|| rig.rows() > ahead);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), more).await.is_err());
    disk.let_go();
    for reply in replies {
        assert_eq!(reply.await.unwrap(), Ok(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_caller_waits_for_its_own_flush_only() {
    let database = Database::new();
    let (rig, disk) = Rig::with_disk(&database);
    for flushes in 1..=20 {
        assert_eq!(rig.add(1).await.unwrap(), Ok(1));
        assert_eq!(disk.flushes(), flushes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_grow_by_themselves_on_a_slow_disk() {
    let database = Database::new();
    let (rig, disk) = Rig::with_disk(&database);
    disk.slow_down(std::time::Duration::from_millis(5));
    let replies: Vec<_> = (0..400).map(|_| rig.add(1)).collect();
    for reply in replies {
        assert_eq!(reply.await.unwrap(), Ok(1));
    }
    assert!(disk.flushes() <= 100, "{} flushes for 400 changes", disk.flushes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_waits_for_the_flush_of_what_it_saw() {
    let database = Database::new();
    let (rig, disk) = Rig::with_disk(&database);
    assert_eq!(rig.read().await, Ok(0), "nothing is being flushed");
    disk.hold();
    let reply = rig.add(1);
    until(|| disk.flushes() == 1).await;
    let mut read = Box::pin(rig.read());
    let early = tokio::time::timeout(std::time::Duration::from_millis(50), &mut read).await;
    assert!(early.is_err(), "a power cut may still undo it");
    disk.let_go();
    assert_eq!(read.await, Ok(1));
    assert_eq!(reply.await.unwrap(), Ok(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_nothing_is_not_flushed() {
    let database = Database::new();
    let (rig, disk) = Rig::with_disk(&database);
    let nothing = "DELETE FROM t WHERE id = 9";
    let deleted = rig.writer.write(move |tx| tx.execute(nothing, &[]));
    assert_eq!(deleted.await, Ok(0));
    assert_eq!(disk.flushes(), 0);
}
