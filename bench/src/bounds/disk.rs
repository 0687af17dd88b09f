//! `fdatasync` calls per second of this disk.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use crate::histogram::Histogram;

const FOR: Duration = Duration::from_secs(3);

pub(super) fn measure(dir: &Path) -> Result<Value> {
    fs::create_dir_all(dir)?;
    let path = dir.join("fsync");
    let mut file = fs::File::create(&path)?;
    let mut each = Histogram::default();
    let start = Instant::now();
    while start.elapsed() < FOR {
        let before = Instant::now();
        file.write_all(&[0xA5; 4096])?;
        file.sync_data()?;
        each.record(before.elapsed());
    }
    let per_second = each.count() as f64 / start.elapsed().as_secs_f64();
    fs::remove_file(path)?;
    let (p50, p99) = (each.quantile_ms(500), each.quantile_ms(990));
    println!("{per_second:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms");
    Ok(json!({ "per_second": per_second, "p50_ms": p50, "p99_ms": p99 }))
}
