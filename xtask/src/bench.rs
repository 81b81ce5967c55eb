//! Compares `aware scan` with plain decompression of the same files, in one run.

pub mod flows;
pub mod rules;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use libdeflater::Decompressor;

use crate::run::{XtaskError, repository_root, run_command, run_line};
use crate::{corpus, tidy};

/// How often each command is measured; the median counts.
const ROUNDS: usize = 5;

/// Decompresses every file below a folder into one buffer: the least work that a scan must do.
pub fn decompress_folder(folder: &Path) -> Result<(), XtaskError> {
    let mut decompressor = Decompressor::new();
    let mut buffer = Vec::new();
    let mut bytes = 0;
    for path in tidy::files_below(folder) {
        let packed = fs::read(&path).map_err(|error| error.to_string())?;
        let size = packed.last_chunk::<4>().map_or(0, |end| u32::from_le_bytes(*end) as usize);
        if buffer.len() < size {
            buffer.resize(size, 0);
        }
        bytes += decompressor
            .gzip_decompress(&packed, &mut buffer)
            .map_err(|error| error.to_string())?;
    }
    println!("{bytes} bytes");
    Ok(())
}

/// One measured command.
struct MeasuredCommand<'a> {
    name: &'a str,
    seconds: Vec<f64>,
    peak_kb: u64,
}

impl MeasuredCommand<'_> {
    fn median_seconds(&self) -> f64 {
        let mut seconds = self.seconds.clone();
        seconds.sort_by(f64::total_cmp);
        seconds.get(seconds.len() / 2).copied().unwrap_or_default()
    }
}

/// Generates the corpus, measures, and prints a table.
pub fn run_benchmarks(events: u64) -> Result<(), XtaskError> {
    run_line("cargo build --release --locked --package aware --package xtask")?;
    let folder = corpus_folder(events)?;
    let target = repository_root().join("target/release");
    let folder = folder.display().to_string();
    let mut sets = Vec::new();
    for size in rules::SIZES {
        let set = rules::write_rule_set(&repository_root().join("target"), size)?;
        sets.push((format!("scan, {size} rules"), set.display().to_string()));
    }
    let scan = ["scan", "--format", "jsonl", "--output", "/dev/null", "--threads"];
    let cases = |threads: &'static str| [&scan[..], &[threads, &folder]].concat();
    // Without cases: `json` would have both.
    let with = |threads: &'static str| [&cases(threads)[..], &["--groups"]].concat();
    let alone = ["--disable", "pack:default", "--enable", "aws-denied-call"];
    let mut lines: Vec<(&str, &str, Vec<&str>)> = vec![
        ("decompress only", "xtask", vec!["inflate", &folder]),
        ("scan --threads 1", "aware", [&with("1")[..], &alone].concat()),
        ("scan --threads 2", "aware", [&with("2")[..], &alone].concat()),
        ("demo", "aware", vec!["demo"]),
        ("scan, rules that ship", "aware", with("1")),
        ("scan with cases", "aware", cases("1")),
    ];
    for (name, set) in &sets {
        lines.push((name, "aware", [&with("1")[..], &alone, &["--rules", set]].concat()));
    }
    let mut table: Vec<MeasuredCommand<'_>> = lines
        .iter()
        .map(|(name, ..)| MeasuredCommand { name, seconds: Vec::new(), peak_kb: 0 })
        .collect();
    for _ in 0..ROUNDS {
        for ((_, program, args), measured) in lines.iter().zip(&mut table) {
            let (time, peak) = measure_command(&target.join(program), args)?;
            measured.seconds.push(time.as_secs_f64());
            measured.peak_kb = measured.peak_kb.max(peak);
        }
    }
    print_table(events, &table, &target.join("aware"))
}

fn corpus_folder(events: u64) -> Result<PathBuf, XtaskError> {
    let folder = repository_root().join(format!("target/bench-corpus/{events}"));
    let marker = folder.with_extension("done");
    if fs::read_to_string(&marker).ok().as_deref() != Some(corpus::VERSION) {
        let _ = fs::remove_dir_all(&folder);
        let xtask = repository_root().join("target/release/xtask");
        let mut make = Command::new(xtask);
        make.args(["corpus", "--events", &events.to_string(), "--seed", "1", "--out"]).arg(&folder);
        run_command(&mut make, "xtask corpus")?;
        fs::write(&marker, corpus::VERSION).map_err(|error| error.to_string())?;
    }
    Ok(folder)
}

/// The run time of a command and its peak resident size, in KiB.
fn measure_command(program: &Path, args: &[&str]) -> Result<(Duration, u64), XtaskError> {
    let started = Instant::now();
    let child = Command::new(program).args(args).stdout(Stdio::null()).spawn();
    let mut child = child.map_err(|error| format!("{}: {error}", program.display()))?;
    let (id, ended) = (child.id(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch_peak_memory(id, &ended));
        let status = child.wait();
        let elapsed = started.elapsed();
        ended.store(true, Ordering::Relaxed);
        let peak = watcher.join().unwrap_or_default();
        match status.map_err(|error| error.to_string())? {
            status if status.success() => Ok((elapsed, peak)),
            status => Err(format!("{} {} failed ({status})", program.display(), args.join(" "))),
        }
    })
}

/// The peak resident size of a process until it ends, in KiB. Polls rarely: there are two cores,
/// and the measured command may use both.
fn watch_peak_memory(id: u32, ended: &AtomicBool) -> u64 {
    let mut peak = 0;
    while !ended.load(Ordering::Relaxed) {
        peak = peak.max(resident_kib(id));
        std::thread::sleep(Duration::from_millis(10));
    }
    peak
}

fn resident_kib(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

#[allow(clippy::cast_precision_loss)]
fn print_table(
    events: u64,
    table: &[MeasuredCommand<'_>],
    binary: &Path,
) -> Result<(), XtaskError> {
    let base = table.first().map(MeasuredCommand::median_seconds).unwrap_or_default();
    let one = table.get(1).map(MeasuredCommand::median_seconds).unwrap_or_default();
    println!("\n{events} events, medians of {ROUNDS}, interleaved");
    println!(
        "{:<22} {:>8} {:>12} {:>14} {:>9}",
        "", "seconds", "decompress ×", "events/s", "peak MB"
    );
    for row in table {
        let median = row.median_seconds();
        let (ratio, rate) = (median / base, events as f64 / median);
        println!(
            "{:<22} {median:>8.3} {ratio:>12.2} {rate:>14.0} {:>9.1}",
            row.name,
            row.peak_kb as f64 / 1000.0
        );
    }
    let size = fs::metadata(binary).map_err(|error| error.to_string())?.len() as f64 / 1e6;
    let two = table.get(2).map(MeasuredCommand::median_seconds).unwrap_or_default() / one;
    println!("2 threads take {two:.2} of the time of 1; the binary has {size:.1} MB");
    println!(
        "budgets: threads 1 ≤ 1.6 × decompress (60 rules 2, 1,000 rules 2.5, 5,000 rules 3, below 150 MB), threads 2 ≤ 0.55 of threads 1, peak < 120 MB, demo < 1 s, binary < 25 MB"
    );
    Ok(())
}
