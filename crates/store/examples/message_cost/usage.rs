//! What the kernel counted: processor time of the store's side, and bytes written.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::time::Duration;

/// The kernel counts hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// Of SQLite's writer, a thread of this process.
pub(crate) fn of_writer() -> Duration {
    let mut ticks = 0;
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let stat = fs::read_to_string(task.unwrap().path().join("stat")).unwrap_or_default();
        if let Some((_, after)) = stat.split_once("(store-writer) ") {
            ticks += spent(after, 2);
        }
    }
    TICK * ticks
}

/// Of this process alone.
pub(crate) fn of_client() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    TICK * stat.rsplit_once(") ").map_or(0, |(_, after)| spent(after, 2))
}

/// Of the processes that this one started, and those they started: a server and its sessions, those
/// that have ended too.
pub(crate) fn of_server() -> Duration {
    let mut parents = HashMap::new();
    let mut ticks = HashMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((_, after)) = stat.rsplit_once(") ") else { continue };
        let parent: u32 = after.split_whitespace().nth(1).unwrap().parse().unwrap();
        parents.insert(process, parent);
        ticks.insert(process, spent(after, 4));
    }
    let mut ours = HashSet::from([std::process::id()]);
    loop {
        let more = parents.iter().filter(|(_, parent)| ours.contains(parent));
        let more: Vec<u32> = more.map(|(process, _)| *process).collect();
        let before = ours.len();
        ours.extend(more);
        if ours.len() == before {
            break;
        }
    }
    ours.remove(&std::process::id());
    TICK * ours.iter().filter_map(|process| ticks.get(process)).sum::<u32>()
}

/// User and system time, and with four fields that of children that have ended.
fn spent(after: &str, fields: usize) -> u32 {
    let fields = after.split_whitespace().skip(11).take(fields);
    fields.map(|field| field.parse::<u32>().unwrap()).sum()
}

/// Bytes that this process gave the kernel to write.
pub(crate) fn written() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap();
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap();
    line.parse().unwrap()
}
