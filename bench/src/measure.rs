//! CPU time and memory of processes and threads, and the machine's load by other programs. Linux only.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// A `/proc/PID/stat` tick; `sysconf(_SC_CLK_TCK)` is 100 on every Debian architecture.
const TICK: Duration = Duration::from_millis(10);
/// Busy CPUs and duration below which a machine is quiet.
const QUIET_CPUS: f64 = 0.2;
const QUIET_FOR: Duration = Duration::from_secs(2);
/// Memory that grows by less is considered flat.
const FLAT_GROWTH_MAX: f64 = 1.05;
/// Steps of [`work_ns`]: about fifty milliseconds.
const WORK: u64 = 20_000_000;

/// A thread of this process whose CPU time other threads read.
#[derive(Debug, Clone)]
pub(crate) struct Thread(String);

impl Thread {
    /// The calling thread.
    pub(crate) fn current() -> Result<Self> {
        let link = fs::read_link("/proc/thread-self").context("no /proc/thread-self")?;
        Ok(Self(format!("/proc/{}/schedstat", link.display())))
    }

    /// CPU time so far; zero once the thread has ended.
    pub(crate) fn cpu(&self) -> Duration {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        let ns = text.split_ascii_whitespace().next().and_then(|ns| ns.parse().ok());
        Duration::from_nanos(ns.unwrap_or(0))
    }
}

/// CPU time of a process without its children.
pub(crate) fn process_cpu(pid: u32) -> Result<Duration> {
    spent(pid, 2)
}

/// CPU time of a process and its children, including ended ones.
pub(crate) fn family_cpu(pid: u32) -> Result<Duration> {
    let of = |child: &u32| spent(*child, 4).unwrap_or_default();
    Ok(spent(pid, 4)? + children(pid).iter().map(of).sum::<Duration>())
}

/// User and system time; with four fields, also those of ended children.
fn spent(pid: u32, fields: usize) -> Result<Duration> {
    let fields = stat(pid)?.into_iter().skip(11).take(fields);
    let ticks = fields.map(|word| word.parse::<u32>().ok()).sum::<Option<u32>>();
    Ok(TICK * ticks.context("an unreadable /proc/PID/stat")?)
}

/// The fields after the name, which may contain spaces.
fn stat(pid: u32) -> Result<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).context("the process has ended")?;
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    Ok(rest.split_ascii_whitespace().map(str::to_owned).collect())
}

fn children(pid: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parent = |child: &u32| stat(*child).ok()?.get(1)?.parse::<u32>().ok();
    numbers.filter(|child| parent(child) == Some(pid)).collect()
}

/// A line of `/proc/PID/status` in KiB: `VmRSS` is the present value, `VmHWM` the peak.
pub(crate) fn memory_kib(pid: u32, line: &str) -> Result<u64> {
    let text =
        fs::read_to_string(format!("/proc/{pid}/status")).context("the process has ended")?;
    let value = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
    let number = value.and_then(|value| value.trim().trim_end_matches(" kB").parse().ok());
    number.with_context(|| format!("no {line} of process {pid}"))
}

/// Octets that a process and its children wrote to disk, including those of files removed meanwhile. Ended children
/// are not counted.
pub(crate) fn family_disk_octets(pid: u32) -> Result<u64> {
    let of = |child: &u32| disk_octets(*child).unwrap_or_default();
    Ok(disk_octets(pid)? + children(pid).iter().map(of).sum::<u64>())
}

fn disk_octets(pid: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/io")).context("the process has ended")?;
    let value = text.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    value.and_then(|value| value.parse().ok()).context("an unreadable /proc/PID/io")
}

/// Busy CPU time of the whole machine, including time stolen by the host.
pub(crate) fn machine_cpu() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks = text.lines().next().unwrap_or_default().split_ascii_whitespace().skip(1);
    // user nice system idle iowait irq softirq steal
    let busy = ticks.take(8).enumerate().filter(|(n, _)| !matches!(n, 3 | 4));
    TICK * busy.filter_map(|(_, ticks)| ticks.parse::<u32>().ok()).sum::<u32>()
}

/// Waits until the machine is quiet, at most for `most`.
pub(crate) fn wait_quiet(most: Duration) {
    let end = Instant::now() + most;
    while Instant::now() < end {
        let before = machine_cpu();
        std::thread::sleep(QUIET_FOR);
        if (machine_cpu().saturating_sub(before)).as_secs_f64()
            < QUIET_CPUS * QUIET_FOR.as_secs_f64()
        {
            return;
        }
    }
}

/// Nanoseconds of CPU for a fixed piece of work. On a shared host the cost of the same work can triple from one minute
/// to the next without notice; figures are comparable only if this one is.
pub(crate) fn work_ns() -> f64 {
    let Ok(thread) = Thread::current() else { return 0.0 };
    let before = thread.cpu();
    let mut sum = 1_u64;
    for n in 0..WORK {
        sum = std::hint::black_box(sum.wrapping_mul(0x5851_F42D_4C95_7F2D) ^ (sum >> 29) ^ n);
    }
    (thread.cpu() - before).as_nanos() as f64 / WORK as f64
}

/// Describes memory growth from the second tenth of the trial to the last. The first tenth fills caches and pools.
pub(crate) fn flatness(samples_kib: &[u64]) -> String {
    let tenth = samples_kib.len() / 10;
    if tenth == 0 {
        return "too short to say whether memory is flat".to_owned();
    }
    let median = |samples: &[u64]| {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        sorted[sorted.len() / 2] as f64 / 1024.0
    };
    let (early, late) =
        (median(&samples_kib[tenth..2 * tenth]), median(&samples_kib[samples_kib.len() - tenth..]));
    let verdict = if late <= early * FLAT_GROWTH_MAX { "flat" } else { "GROWING" };
    format!("memory {early:.1} MiB after a tenth, {late:.1} MiB at the end: {verdict}")
}

/// Processor model and count, kernel, and memory.
pub(crate) fn machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let after = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map_or("?", |(_, value)| value.trim()).to_owned()
    };
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = read("/proc/sys/kernel/osrelease");
    let memory = after(&read("/proc/meminfo"), "MemTotal");
    format!("{count} × {}, {memory}, Linux {}", after(&cpus, "model name"), kernel.trim())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::{
        TICK, Thread, family_cpu, family_disk_octets, flatness, machine_cpu, memory_kib,
        process_cpu,
    };

    #[test]
    fn what_grows_is_not_flat() {
        let flat: Vec<u64> = (0..600).map(|second| 50_000 + second % 7 * 100).collect();
        assert!(flatness(&flat).ends_with(": flat"), "{}", flatness(&flat));
        let growing: Vec<u64> = (0..600).map(|second| 50_000 + second * 20).collect();
        assert!(flatness(&growing).ends_with(": GROWING"), "{}", flatness(&growing));
        assert!(flatness(&flat[..9]).starts_with("too short"));
    }

    #[test]
    fn the_kernel_tells_of_ourselves() {
        let pid = std::process::id();
        let thread = Thread::current().unwrap();
        let before = thread.cpu();
        std::hint::black_box((0..3_000_000_u64).fold(0, |sum, n| sum ^ std::hint::black_box(n)));
        assert!(thread.cpu() > before);
        assert!(memory_kib(pid, "VmHWM").unwrap() >= memory_kib(pid, "VmRSS").unwrap());
        assert!(process_cpu(pid).is_ok() && machine_cpu() > process_cpu(pid).unwrap());
    }

    #[test]
    fn a_family_is_a_process_and_its_children() {
        let pid = std::process::id();
        let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done";
        let before = family_cpu(pid).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{busy}; read x")]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        while process_cpu(child.id()).unwrap() < TICK * 3 {
            std::thread::yield_now();
        }
        assert!(family_cpu(pid).unwrap() >= before + TICK * 3);
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(family_cpu(pid).unwrap() >= before + TICK * 3);
        assert!(family_disk_octets(pid).is_ok());
    }
}
