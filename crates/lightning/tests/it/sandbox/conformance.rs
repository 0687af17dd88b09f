//! The contract of the port, with the journal on the disk.

use lightning::sandbox::Options;

use crate::rig::SandboxRig;

async fn rig() -> SandboxRig {
    SandboxRig::new(Options { held_max: 10, ..Options::mined() })
}

testkit::lightning_conformance!(rig);
