//! The port's conformance suite with a journal on disk.

use lightning::sandbox::Options;

use crate::rig::SandboxRig;

async fn rig() -> SandboxRig {
    SandboxRig::new(Options { held_max: 10, ..Options::mined() })
}

testkit::lightning_conformance!(rig);
