//! Compares scanning flow logs with plain decompression of the same files, in one run.

use std::fs;
use std::path::PathBuf;

use super::{MeasuredCommand, ROUNDS, measure_command};
use crate::corpus::flood::write_flood;
use crate::run::{XtaskError, repository_root, run_line};

/// How many files a flood has: one for each seed.
const FILES: u64 = 16;

/// Generates floods of this many lines together, measures, and prints a table.
pub fn run_flow_benchmark(lines: u64) -> Result<(), XtaskError> {
    run_line("cargo build --release --locked --package aware --package xtask")?;
    let target = repository_root().join("target");
    let folder = target.join(format!("bench-flows/{lines}"));
    let written = write_floods(lines, &folder)?;
    let folder = folder.display().to_string();
    let scan = |threads| vec!["scan", "--output", "/dev/null", "--threads", threads, &folder];
    let commands = [
        ("decompress only", "xtask", vec!["inflate", &folder]),
        ("scan --threads 1", "aware", scan("1")),
        ("scan --threads 2", "aware", scan("2")),
    ];
    let mut table: Vec<MeasuredCommand<'_>> = commands
        .iter()
        .map(|(name, ..)| MeasuredCommand { name, seconds: Vec::new(), peak_kb: 0 })
        .collect();
    for _ in 0..ROUNDS {
        for ((_, program, args), measured) in commands.iter().zip(&mut table) {
            let (time, peak) = measure_command(&target.join("release").join(program), args)?;
            measured.seconds.push(time.as_secs_f64());
            measured.peak_kb = measured.peak_kb.max(peak);
        }
    }
    print_flow_table(written, &table);
    Ok(())
}

/// The floods, written once.
fn write_floods(lines: u64, folder: &PathBuf) -> Result<u64, XtaskError> {
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut written = 0;
    for seed in 1..=FILES {
        written += write_flood(lines / FILES, seed, &folder.join(format!("{seed}.log.gz")))?;
    }
    Ok(written)
}

#[allow(clippy::cast_precision_loss)]
fn print_flow_table(lines: u64, table: &[MeasuredCommand<'_>]) {
    let base = table.first().map(MeasuredCommand::median_seconds).unwrap_or_default();
    println!("\n{lines} lines of flow logs in {FILES} files, medians of {ROUNDS}, interleaved");
    println!(
        "{:<22} {:>8} {:>12} {:>14} {:>9}",
        "", "seconds", "decompress ×", "lines/s", "peak MB"
    );
    for row in table {
        let median = row.median_seconds();
        println!(
            "{:<22} {median:>8.3} {:>12.2} {:>14.0} {:>9.1}",
            row.name,
            median / base,
            lines as f64 / median,
            row.peak_kb as f64 / 1000.0
        );
    }
    println!("budget: 1,500,000 lines a second with 2 threads");
}
