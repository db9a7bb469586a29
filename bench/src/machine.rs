//! Where the figures were measured, and how busy it was.

use std::{fs, path::Path, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// Above this, other work takes part of the two cores and every absolute figure is worse than it need be.
const LOAD_QUIET: f64 = 1.0;

/// Prints machine and load, and warns when it is busy.
pub fn introduce() {
    println!("{}", describe());
    if load() > LOAD_QUIET {
        println!("WARNING: the load average is above {LOAD_QUIET}: compare ratios, not absolute times");
    }
}

/// Processor, cores, memory and load on one line.
pub fn describe() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = kibibytes("/proc/meminfo", "MemTotal:") >> 20;
    let model = model.trim_start_matches(['\t', ' ', ':']);
    format!("{cores} cores of {model}, {memory} GiB, load average {:.2} at the start", load())
}

/// A folder on a real disk, which a folder for temporary files need not be.
pub fn folder() -> std::io::Result<tempfile::TempDir> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    fs::create_dir_all(&target)?;
    tempfile::tempdir_in(target)
}

/// The load average of the last minute.
pub fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}

/// The CPU time that this process has taken.
pub fn cpu() -> Duration {
    let taken = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(taken.tv_sec as u64, taken.tv_nsec as u32)
}

/// Bytes of this process that lie in memory.
pub fn resident() -> u64 {
    kibibytes("/proc/self/status", "VmRSS:") * 1024
}

fn kibibytes(file: &str, field: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
