//! The machine's bounds without a gateway, for comparison with the gateways' figures. Printed, and in JSON; nothing
//! here passes or fails.

mod codec;
mod disk;
mod http;
mod loopback;

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

/// Measures everything, which takes about a minute.
pub(crate) fn run(dir: &Path) -> Result<Value> {
    println!("\n### Disk: 4 KiB append + fdatasync in {}\n", dir.display());
    let disk = disk::measure(dir)?;
    println!("\n### Codec, one core, ns per operation (ceiling: a prototype, quiet machine)\n");
    let codec = codec::measure()?;
    println!(
        "\n### SMPP over loopback without a store: client of crate smpp against the simulator\n"
    );
    let loopback = loopback::windows()?;
    println!("\n### SMPP through the delaying proxy: window and round trip\n");
    let far = loopback::round_trips()?;
    println!("\n### HTTP without a gateway: loader to sink\n");
    let http = http::measure()?;
    Ok(
        json!({ "disk": disk, "codec": codec, "loopback": loopback, "round_trips": far, "http": http }),
    )
}
