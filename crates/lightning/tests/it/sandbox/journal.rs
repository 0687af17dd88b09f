//! What the journal keeps over a crash, and what it refuses.

use std::fs;
use std::time::Duration;

use domain::money::Msat;
use domain::ports::{HoldState, Lightning, NewHold};
use domain::secret::Preimage;
use lightning::sandbox::{OpenError, Options, Sandbox};
use testkit::clock::{SeededRandom, TestClock};
use testkit::lightning_conformance::Rig;

use crate::rig::SandboxRig;

fn hold(number: u8) -> NewHold {
    NewHold {
        hash: Preimage::new([number; 32]).payment_hash(),
        amount: Msat::new(1_000_000),
        memo: "order".into(),
        expiry: Duration::from_secs(600),
        cltv_delta: 144,
    }
}

fn try_open(rig: &SandboxRig) -> Result<Sandbox, OpenError> {
    Sandbox::open(rig.journal(), TestClock::at_noon(), SeededRandom::new(2), Options::mined())
}

/// A crash cuts the journal anywhere. Whatever whole lines are left make a node that works.
#[tokio::test]
async fn a_torn_last_line_is_cut_off() {
    let mut rig = SandboxRig::new(Options::mined());
    let node_id = rig.sandbox().node_id();
    for number in 0..3 {
        let invoice = rig.sandbox().create_hold(hold(number)).await.unwrap();
        rig.sandbox().pay(&invoice).await.unwrap();
    }
    rig.sandbox().settle(&Preimage::new([0; 32])).await.unwrap();
    rig.sandbox().cancel(hold(1).hash).await.unwrap();
    rig.sandbox = None;
    let whole = fs::read(rig.journal()).unwrap();
    let first_line = whole.iter().position(|&byte| byte == b'\n').unwrap();
    for len in (first_line + 1..whole.len()).rev().step_by(7) {
        fs::write(rig.journal(), &whole[..len]).unwrap();
        rig.start();
        assert_eq!(rig.sandbox().node_id(), node_id);
        rig.debits().await;
        // What it writes next can be read again.
        let invoice = rig.sandbox().create_hold(hold(9)).await.unwrap();
        rig.restart().await;
        assert_eq!(rig.sandbox().create_hold(hold(9)).await.unwrap(), invoice);
        rig.sandbox = None;
    }
}

#[tokio::test]
async fn a_crash_while_it_is_born_makes_another_node() {
    let mut rig = SandboxRig::new(Options::mined());
    rig.sandbox = None;
    fs::write(rig.journal(), "{\"t\":\"no").unwrap();
    rig.start();
    assert_eq!(rig.sandbox().pending().await.unwrap(), []);
}

#[test]
fn refuses_files_that_are_no_journal() {
    let mut rig = SandboxRig::new(Options::mined());
    rig.sandbox = None;
    let journal = fs::read_to_string(rig.journal()).unwrap();
    for (text, bad_line) in [
        ("hello".to_owned(), 1),
        ("{\"a\":1}\n".to_owned(), 1),
        (format!("{journal}nonsense\n{journal}"), 2),
    ] {
        fs::write(rig.journal(), &text).unwrap();
        let error = try_open(&rig).unwrap_err();
        assert!(matches!(error, OpenError::Corrupt { line, .. } if line == bad_line), "{error}");
        assert_eq!(fs::read_to_string(rig.journal()).unwrap(), text, "left as it was");
    }
}

#[test]
fn a_second_program_is_refused() {
    let rig = SandboxRig::new(Options::mined());
    assert!(matches!(try_open(&rig), Err(OpenError::InUse { .. })));
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let rig = SandboxRig::new(Options::mined());
    assert_eq!(fs::metadata(rig.journal()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn keeps_no_preimage_before_it_is_settled() {
    let rig = SandboxRig::new(Options::mined());
    let invoice = rig.sandbox().create_hold(hold(3)).await.unwrap();
    rig.sandbox().pay(&invoice).await.unwrap();
    let preimage = "03".repeat(32);
    assert!(!fs::read_to_string(rig.journal()).unwrap().contains(&preimage));
    assert!(!format!("{:?}", rig.sandbox()).contains(&preimage));
    rig.sandbox().settle(&Preimage::new([3; 32])).await.unwrap();
    assert_eq!(rig.sandbox().lookup(hold(3).hash).await.unwrap(), HoldState::Settled);
}

/// The node lives on when the caller of a change goes away in the middle of it.
#[tokio::test]
async fn a_dropped_call_is_done_all_the_same() {
    let rig = SandboxRig::new(Options::mined());
    let invoice = rig.sandbox().create_hold(hold(4)).await.unwrap();
    let call = rig.sandbox().pay(&invoice);
    let _ = tokio::time::timeout(Duration::ZERO, call).await;
    let held = async {
        while rig.sandbox().payment_state(hold(4).hash).is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), held).await.unwrap();
}
