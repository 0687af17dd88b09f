//! The journal after a crash, and the files that it refuses.

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

/// A crash may truncate the journal anywhere. The remaining complete lines give a working node.
#[tokio::test]
async fn an_incomplete_last_line_is_removed() {
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
        // Lines written afterwards can be read.
        let invoice = rig.sandbox().create_hold(hold(9)).await.unwrap();
        rig.restart().await;
        assert_eq!(rig.sandbox().create_hold(hold(9)).await.unwrap(), invoice);
        rig.sandbox = None;
    }
}

#[tokio::test]
async fn a_crash_at_creation_gives_a_new_node() {
    let mut rig = SandboxRig::new(Options::mined());
    rig.sandbox = None;
    fs::write(rig.journal(), "{\"t\":\"no").unwrap();
    rig.start();
    assert_eq!(rig.sandbox().pending().await.unwrap(), []);
}

#[test]
fn refuses_files_that_are_not_journals() {
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
        assert_eq!(fs::read_to_string(rig.journal()).unwrap(), text, "the file was changed");
    }
}

#[test]
fn a_second_program_is_refused() {
    let rig = SandboxRig::new(Options::mined());
    assert!(matches!(try_open(&rig), Err(OpenError::InUse { .. })));
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let rig = SandboxRig::new(Options::mined());
    assert_eq!(fs::metadata(rig.journal()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn stores_no_preimage_before_the_settle() {
    let rig = SandboxRig::new(Options::mined());
    let invoice = rig.sandbox().create_hold(hold(3)).await.unwrap();
    rig.sandbox().pay(&invoice).await.unwrap();
    let preimage = "03".repeat(32);
    assert!(!fs::read_to_string(rig.journal()).unwrap().contains(&preimage));
    assert!(!format!("{:?}", rig.sandbox()).contains(&preimage));
    rig.sandbox().settle(&Preimage::new([3; 32])).await.unwrap();
    assert_eq!(rig.sandbox().lookup(hold(3).hash).await.unwrap(), HoldState::Settled);
}

/// A change completes even if its caller is dropped.
#[tokio::test]
async fn a_dropped_call_completes() {
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
